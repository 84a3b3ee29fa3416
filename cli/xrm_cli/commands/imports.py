# SPDX-License-Identifier: Apache-2.0
"""``xrm import``: the rows of a file become parties, roles, relationships, by a mapping."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from xrm.errors import ConfigurationError, msg
from xrm.imports.report import OUTCOMES, ImportReport
from xrm.imports.run import run_import
from xrm_cli.choosing import find_department
from xrm_cli.declaring import Command
from xrm_cli.main import DONE, FAILED
from xrm_cli.output import print_pairs, printable, say
from xrm_cli.session import Session, with_session

SHOWN_FAILURES = 10
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    "import", cls=Command,
    examples=["xrm import customers.csv --mapping customers.yaml --dry-run",
              "xrm import customers.xlsx --mapping customers.yaml --json"],
)
@click.argument("file", type=FILE)
@click.option("--mapping", type=FILE, required=True, help="YAML file that says what a row becomes.")
@click.option("--dry-run", is_flag=True, help="Report what would happen; write nothing.")
@click.option("--department", metavar="NAME", default="", help="Department of what names none in the mapping, by name or id.")
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path),
              help="File for rows that fail, with their reasons (default: one in the folder rejects of the instance).")
@with_session
def import_file(
    session: Session, *, file: Path, mapping: Path, dry_run: bool, department: str, rejects: Path | None
) -> None:
    """Import a CSV or Excel file. Good rows are kept, bad ones set apart; the same file again changes nothing.

    Ends with counts of rows: created, updated, unchanged, failed. Exit code 1 when rows failed.
    """
    where = session.read(lambda uow: find_department(uow, department))
    if rejects is None and not dry_run:
        rejects = _place_for_rejects(session.settings.home, file)
    with _progress_bar(file.name) as progress:
        report = run_import(
            session.runtime, session.actor, file, mapping, dry_run=dry_run, department=where, progress=progress, rejects=rejects
        )
    _tell_failures(report)
    session.give(report.as_json(), lambda: print_pairs((name, str(getattr(report, name))) for name in OUTCOMES))
    click.get_current_context().exit(FAILED if report.failed else DONE)


def _place_for_rejects(home: Path, file: Path) -> Path:
    folder = home / "rejects"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)  # rows of people's data
    except OSError as error:
        raise ConfigurationError(
            msg("{folder} cannot be made: {why}. Name another place by --rejects.", folder=folder, why=error.strerror)
        ) from error
    return folder / f"{file.stem}-{datetime.now().astimezone():%Y%m%d-%H%M%S}.csv"


@contextmanager
def _progress_bar(name: str) -> Iterator[Callable[[int, float], None]]:
    """What takes the rows done and the part of the file read; it shows on a terminal only."""
    with click.progressbar(length=1000, label=name, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def move(_rows: int, part: float) -> None:
            bar.update(max(0, round(part * 1000) - bar.pos))

        yield move


def _tell_failures(report: ImportReport) -> None:
    for number, row in enumerate(report.failures()):
        if number == SHOWN_FAILURES:
            say("…")
            break
        say(f"line {row.line}: {printable('; '.join(str(problem) for problem in row.problems))}")
    if report.rejects:
        failed = "1 row failed. It is" if report.failed == 1 else f"{report.failed} rows failed. They are"
        say(f"{failed} in {report.rejects}; mend what is wrong there and import that file.")
    if report.dry_run:
        say("This was a dry run: nothing was written.")
