# SPDX-License-Identifier: Apache-2.0
"""``xrm doctor``: what is wrong with an installation, why, and what to do."""

from __future__ import annotations

from dataclasses import asdict

import click

from xrm.db.health import rebuild_full_text
from xrm.migrate.missing import make_missing_indexes
from xrm.search.index import rebuild
from xrm.unit_of_work import UnitOfWork
from xrm_cli.declaring import Command
from xrm_cli.examination import examine
from xrm_cli.findings import Finding
from xrm_cli.output import printable, say
from xrm_cli.session import Session, with_session

WARNINGS, ERRORS = 20, 21
SIGNS = {"good": "ok   ", "warn": "warn ", "bad": "ERROR"}


@click.command(
    "doctor", cls=Command, examples=["xrm doctor", "xrm doctor --json", "xrm doctor --rebuild-search", "xrm doctor --fix"]
)
@click.option("--rebuild-search", is_flag=True, help="Make the search index anew before checking.")
@click.option("--fix", is_flag=True, help="Make missing indexes again before checking.")
@with_session
def doctor(session: Session, *, rebuild_search: bool, fix: bool) -> None:
    """Check Python, folder, secret, database, tables, search index and plugins. Exit code 20: warnings, 21: errors."""
    session.refuse_as()
    if fix:
        _make_indexes(session)
    if rebuild_search:
        say(f"The search index was made anew for {session.write(rebuild_index)} entities.")
    findings = examine(session)
    states = {one.state for one in findings}
    worst = "bad" if "bad" in states else "warn" if "warn" in states else "good"
    session.give({"state": worst, "checks": [asdict(one) for one in findings]}, lambda: _print(findings))
    say({"good": "All is well.", "warn": "There are warnings.", "bad": "There are errors."}[worst])
    click.get_current_context().exit({"good": 0, "warn": WARNINGS, "bad": ERRORS}[worst])


def _make_indexes(session: Session) -> None:
    made, failed = make_missing_indexes(session.runtime.engine)
    for one in made:
        say(f"The index {one.name} of {one.table} was made again.")
    for one, why in failed:
        say(f"The index {one.name} of {one.table} cannot be made again: {why}")


def rebuild_index(uow: UnitOfWork) -> int:
    """Make the full-text index and all search documents anew; the number of entities read."""
    rebuild_full_text(uow.connection)
    return rebuild(uow)


def _print(findings: list[Finding]) -> None:
    for one in findings:
        click.echo(f"{SIGNS[one.state]}  {one.check}: {printable(one.message)}")
        if one.remedy:
            click.echo(f"       → {printable(one.remedy)}")
