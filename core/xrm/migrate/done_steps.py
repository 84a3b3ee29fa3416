# SPDX-License-Identifier: Apache-2.0
"""Which data steps of which plugin this database has behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, delete, insert, inspect, select, update

from xrm.errors import msg
from xrm.migrate.models import schema_data_step
from xrm.migrate.said import Said
from xrm.migrate.scripts import checksum_of
from xrm.migrate.steps import Findings

DoneSteps = Mapping[str, tuple[str, ...]]  # owner → names of its steps, by number
StepFiles = Mapping[str, Sequence[Path]]


def read_done_steps(connection: Connection) -> DoneSteps:
    """Owner → its steps that were run, or came with its installation."""
    if not inspect(connection).has_table(schema_data_step.name):
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for row in connection.execute(select(schema_data_step).order_by(schema_data_step.c.owner, schema_data_step.c.name)):
        found[row.owner] = (*found.get(row.owner, ()), row.name)
    return found


def write_done_steps(connection: Connection, done: DoneSteps, now: datetime) -> None:
    """Make these the steps that were run; those that stay keep their time."""
    wanted = {(owner, name) for owner, names in done.items() for name in names}
    known = {(owner, name) for owner, names in read_done_steps(connection).items() for name in names}
    for owner, name in known - wanted:
        connection.execute(
            delete(schema_data_step).where(schema_data_step.c.owner == owner, schema_data_step.c.name == name)
        )
    rows = [{"owner": owner, "name": name, "applied_at": now} for owner, name in sorted(wanted - known)]
    if rows:
        connection.execute(insert(schema_data_step), rows)


def note_checksums(connection: Connection, files: StepFiles) -> None:
    """Write down what the files say of the steps of which that is not known yet.

    Not before the end of their plan: one that failed is mended, and goes on.
    """
    rows = connection.execute(select(schema_data_step).where(schema_data_step.c.checksum.is_(None))).all()
    for row in rows:
        for path in files.get(row.owner, ()):
            if path.stem == row.name:
                connection.execute(
                    update(schema_data_step).where(schema_data_step.c.owner == row.owner, schema_data_step.c.name == row.name)
                    .values(checksum=checksum_of(path))
                )


def odd_steps(connection: Connection, files: StepFiles) -> Findings:
    """Steps that were changed or got another name after they were run, and steps before those that were run."""
    found, done = Findings(), _checksums(connection)
    for owner in sorted(files):
        known = done.get(owner, {})
        paths = {path.stem: path for path in files[owner]}
        gone = {name: checksum for name, checksum in known.items() if name not in paths}
        for name, path in paths.items():
            where = f"{owner}/steps/{path.name}"
            if name in known:
                if known[name] not in {None, checksum_of(path)}:
                    found.notes.append(Said(msg(
                        "{where} was changed after it was run here. It is not run again: what it does now belongs into a new "
                        "step, with the next number.", where=where,
                    )))
            elif twin := _same_step(path, gone):
                found.problems.append(Said(msg(
                    "{where} is the step {twin}.py, which was run here, under another name: it would be run again. Give it its "
                    "name back; a step is known by its name.", where=where, twin=twin,
                )))
            elif known and name < max(known):
                found.notes.append(Said(msg(
                    "{where} comes before {last}.py, which was run here already; it is run now, after it.", where=where,
                    last=max(known),
                )))
    return found


def _checksums(connection: Connection) -> dict[str, dict[str, str | None]]:
    """Owner → name of each step that was run → sum of its file then, where that is known."""
    inspector = inspect(connection)
    columns = inspector.get_columns(schema_data_step.name) if inspector.has_table(schema_data_step.name) else ()
    if not any(column["name"] == "checksum" for column in columns):
        return {}
    found: dict[str, dict[str, str | None]] = {}
    for row in connection.execute(select(schema_data_step)):
        found.setdefault(row.owner, {})[row.name] = row.checksum
    return found


def _same_step(path: Path, gone: Mapping[str, str | None]) -> str:
    """Which of the steps that have no file any more this one was: by what it says, or by its name behind the number."""
    text = checksum_of(path)
    return next((name for name, checksum in sorted(gone.items()) if checksum == text or name[5:] == path.stem[5:]), "")
