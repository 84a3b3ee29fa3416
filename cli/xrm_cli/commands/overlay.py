# SPDX-License-Identifier: Apache-2.0
"""``xrm schema export-overlay`` and ``import-overlay``: what administrators added, from test to production."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from xrm.overlay.files import export_overlay
from xrm.overlay.importing import import_overlay
from xrm_cli.declaring import Command
from xrm_cli.output import say
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


@click.command("import-overlay", cls=Command, examples=["xrm schema import-overlay ~/overlay"])
@click.argument("folder", type=FOLDER)
@with_session
def import_command(session: Session, *, folder: Path) -> None:
    """Take in the fields and types of a folder that export-overlay wrote; all of it or nothing, without a restart."""
    report = import_overlay(session.runtime, session.actor, folder)
    session.give(asdict(report), lambda: None)
    say(f"{len(report.added)} added, {len(report.changed)} changed, {len(report.unchanged)} as they were.")
