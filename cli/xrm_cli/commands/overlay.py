# SPDX-License-Identifier: Apache-2.0
"""``xrm schema export-overlay``, ``import-overlay``, ``owners``: what administrators added, and what belongs to whom."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from xrm.errors import NotFound
from xrm.migrate.former import OVERLAY
from xrm.migrate.owners import owned_parts
from xrm.overlay.files import export_overlay
from xrm.overlay.importing import import_overlay
from xrm.schema.suggest import unknown
from xrm_cli.agreement import AskedPlan, plan_option, yes_option
from xrm_cli.declaring import Command
from xrm_cli.output import print_table, say
from xrm_cli.session import Session, with_session

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("export-overlay", cls=Command, examples=["xrm schema export-overlay", "xrm schema export-overlay ~/overlay"])
@click.argument("folder", type=FOLDER, default="overlay")
@with_session
def export_command(session: Session, *, folder: Path) -> None:
    """Write your own fields and types as entity files (default: into ./overlay)."""
    files = [str(path) for path in export_overlay(session.runtime, session.actor, folder)]
    session.give({"files": files, "count": len(files)}, lambda: click.echo("\n".join(files)))
    say(f"Wrote {len(files)} files." if files else "Nothing was added here; there is nothing to write.")


@click.command("import-overlay", cls=Command, examples=[
    "xrm schema import-overlay ~/overlay --plan", "xrm schema import-overlay ~/overlay"
])
@click.argument("folder", type=FOLDER)
@plan_option
@yes_option
@with_session
def import_command(session: Session, *, folder: Path, plan_only: bool, yes: bool) -> None:
    """Take in the fields and types of a folder that export-overlay wrote; all of it or nothing, without a restart."""
    asked = AskedPlan(session, plan_only=plan_only, yes=yes)
    report = import_overlay(session.runtime, session.actor, folder, agreed=asked.agreed)
    asked.give(asdict(report), lambda: None, "all of it is here already")
    say(f"{len(report.added)} added, {len(report.renamed)} renamed, {len(report.changed)} changed, "
        f"{len(report.unchanged)} as they were.")


@click.command("owners", cls=Command, examples=["xrm schema owners", "xrm schema owners base__customer"])
@click.argument("table", default="")
@with_session
def owners_command(session: Session, *, table: str) -> None:
    """List who declared what was applied: each table (or each part of TABLE), whether core, a plugin, or overlay: you."""
    session.refuse_as()
    parts = owned_parts(session.runtime.engine, table)
    if table and not parts:
        known = [one.table for one in owned_parts(session.runtime.engine) if one.kind == "table"]
        raise NotFound(unknown("table", table, known))
    rows = [asdict(one) for one in parts]
    # All columns of all tables are for programs to read.
    shown = rows if table else [row for row in rows if row["kind"] == "table" or row["owner"] == OVERLAY]
    session.give({"items": rows, "next": None}, lambda: print_table(shown, ("owner", "table", "kind", "name", "state")))
