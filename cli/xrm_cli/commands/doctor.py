# SPDX-License-Identifier: Apache-2.0
"""``xrm doctor``: what is wrong with an installation, why, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from xrm.db.health import rebuild_full_text
from xrm.errors import XrmError
from xrm.health.findings import HealthFinding
from xrm.health.repairs import Mended, mend_all, record
from xrm.search.index import rebuild
from xrm.unit_of_work import UnitOfWork
from xrm_cli.declaring import Command
from xrm_cli.examination import examine_instance
from xrm_cli.output import printable, say
from xrm_cli.session import Session, with_session

WARNINGS, ERRORS = 20, 21
SIGNS = {"good": "ok   ", "warn": "warn ", "bad": "ERROR"}


@click.command(
    "doctor", cls=Command, examples=["xrm doctor", "xrm doctor --json", "xrm doctor --rebuild-search", "xrm doctor --fix"]
)
@click.option("--rebuild-search", is_flag=True, help="Make the search index anew before checking.")
@click.option("--fix", is_flag=True, help="Do all repairs that lose nothing before checking, and say what each did.")
@click.option("--all", "shows_all", is_flag=True, help="Name what is in order, too; JSON always does.")
@with_session
def doctor(session: Session, *, rebuild_search: bool, fix: bool, shows_all: bool) -> None:
    """Check the instance and its database, all of it. Exit code 20: warnings, 21: errors."""
    session.refuse_as()
    done = _mend(session) if fix else []
    if rebuild_search:
        say(f"The search index was made anew for {session.write(rebuild_index)} entities.")
    findings = examine_instance(session)
    states = {one.state for one in findings}
    worst = "bad" if "bad" in states else "warn" if "warn" in states else "good"
    repairs = [{"repair": one.repair, "message": str(one.message), "done": not one.has_failed} for one in done]
    given = {"state": worst, "checks": [_line(one) for one in findings], "repairs": repairs}
    session.give(given, lambda: _print(findings, shows_all=shows_all))
    say({"good": "All is well.", "warn": "There are warnings.", "bad": "There are errors."}[worst])
    click.get_current_context().exit({"good": 0, "warn": WARNINGS, "bad": ERRORS}[worst])


def _mend(session: Session) -> list[Mended]:
    """Do all repairs for which there is something to do, and write them down."""
    done = []
    for one in mend_all(session.runtime):
        say(f"{'Failed: ' if one.has_failed else ''}{printable(str(one.message))}")
        done.append(one)
    try:
        record(session.runtime, done, session.actor)
    except XrmError as error:
        say(f"The repairs are not in the audit log: {error}")
    if not done:
        say("There was nothing to repair.")
    return done


def rebuild_index(uow: UnitOfWork) -> int:
    """Make the full-text index and all search documents anew; the number of entities read."""
    rebuild_full_text(uow.connection)
    return rebuild(uow)


def _line(one: HealthFinding) -> dict[str, Any]:
    return {
        "check": one.check, "state": one.state, "message": str(one.message), "remedy": str(one.remedy or ""), "by": one.by,
        "title": str(one.title or ""), "repair": one.fix,
    }


def _print(findings: Sequence[HealthFinding], *, shows_all: bool) -> None:
    """What is wrong last, where a terminal shows it."""
    good = sum(one.state == "good" for one in findings)
    if good and not shows_all:
        click.echo(f"{SIGNS['good']}  {good} checks found nothing wrong; xrm doctor --all names them.")
    for one in reversed(findings):
        if one.state == "good" and not shows_all:
            continue
        click.echo(f"{SIGNS[one.state]}  {one.check}: {printable(str(one.message))}")
        if one.remedy and one.state != "good":
            click.echo(f"       → {printable(str(one.remedy))}")
