# SPDX-License-Identifier: Apache-2.0
"""Writing all that is a plugin's into one file: one moment of it, read back before the file gets its name."""

from __future__ import annotations

import hashlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, text

from xrm.backup.archive import ArchiveWriter, read_chunks
from xrm.backup.create import PARTIAL, remove_partial, sync_folder
from xrm.backup.definitions_postgresql import read_definitions
from xrm.errors import ConfigurationError, Conflict, NotFound, msg
from xrm.files.places import path_of
from xrm.migrate.drift import drift_of
from xrm.migrate.state import State, read_state, state_as_json
from xrm.plugin_removal.belongings import Belongings
from xrm.plugin_removal.inspection import require_whole_export
from xrm.plugin_removal.manifest import PartEntry, PluginManifest, TableEntry
from xrm.plugin_removal.parts import Cleared, Extent, Part, find_extent
from xrm.plugin_removal.values import as_lines, read_rows
from xrm.runtime import Runtime
from xrm.versions import program_version

ENDING = ".xrmplugin"
FOLDER = "removed"


def default_place(home: Path, plugin: str, at: datetime) -> Path:
    """Where an export lies when no other place is named."""
    return home / FOLDER / f"{plugin}-{at:%Y-%m-%dT%H%M%S.%fZ}{ENDING}"


def export_plugin(runtime: Runtime, belongings: Belongings, target: Path | None = None) -> tuple[Path, PluginManifest]:
    """Write the plugin to ``target`` (default: in the instance's folder ``removed``), there whole or not at all.

    Raises:
        NotFound: when the folder it should go to is not there, unless it is ``removed``, which is made.
        Conflict: (``refused``) when the file is there already.
        ConfigurationError: when there is no room, or the folder cannot be written.
    """
    made_at = datetime.now(UTC)
    path = (target or default_place(runtime.settings.home, belongings.plugin, made_at)).expanduser().absolute()
    if path.exists():
        raise Conflict(msg("{file} is there already. Name another file.", file=path), code="refused")
    if target is not None and not path.parent.is_dir():
        raise NotFound(msg("There is no folder {folder}. Make it, or choose another place for the export.", folder=path.parent))
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        remove_partial(path.parent)
        with tempfile.TemporaryDirectory(prefix=f"{PARTIAL}{os.getpid()}-", dir=path.parent) as folder:
            whole = Path(folder) / "archive"
            with runtime.engine.connect() as connection, connection.begin(), ArchiveWriter(whole) as archive:
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SET LOCAL statement_timeout = 0"))
                _write(runtime, connection, archive, belongings, made_at)
            manifest = require_whole_export(whole)
            os.link(whole, path)
    except FileExistsError as error:
        raise Conflict(msg("{file} is there already. Name another file.", file=path), code="refused") from error
    except OSError as error:
        raise ConfigurationError(
            msg("The export {file} cannot be written: {why}. Nothing was removed.", file=path, why=error.strerror or error)
        ) from error
    sync_folder(path.parent)
    return path, manifest


def _write(runtime: Runtime, connection: Connection, archive: ArchiveWriter, mine: Belongings, made_at: datetime) -> None:
    extent, state = find_extent(connection, mine), read_state(connection)
    state = replace(state, drift=tuple(drift_of(connection, state)))
    entries = [_add_part(connection, archive, part) for part in extent.parts]
    entries += [_add_cleared(connection, archive, one) for one in extent.cleared]
    missing = _add_files(runtime.settings.home, connection, archive, extent)
    archive.finish(PluginManifest(
        plugin=mine.plugin, version=mine.version, program=program_version(), database=connection.dialect.name, made_at=made_at,
        belongings=mine.to_json(), state=state_as_json(own_state(state, mine)), tables=tuple(_tables(connection, mine)),
        parts=tuple(entries), missing_files=tuple(missing), members=archive.members,
    ))


def own_state(state: State, mine: Belongings) -> State:
    """What was applied of the plugin alone."""
    return State(
        {name: one for name, one in state.objects.items() if name in mine.tables}, {mine.plugin: list(mine.declared)},
        {owner: one for owner, one in state.made_by.items() if owner == mine.plugin},
        {owner: one for owner, one in state.done_steps.items() if owner == mine.plugin},
        tuple(one for one in state.drift if one.table in mine.tables),
    )


class _Counted:
    """Rows on their way, and how many they were."""

    def __init__(self, rows: Iterator[list[object]]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[list[object]]:
        for row in self._rows:
            self.count += 1
            yield row


def _add_part(connection: Connection, archive: ArchiveWriter, part: Part) -> PartEntry:
    rows = _Counted(read_rows(connection, part.table, part.columns, part.condition, part.key))
    member = f"rows/{part.name}.jsonl"
    archive.add(member, as_lines(rows))
    return PartEntry(member, part.table, part.columns, part.key, rows.count, part.pointing, part.links)


def _add_cleared(connection: Connection, archive: ArchiveWriter, one: Cleared) -> PartEntry:
    columns = (*one.key, one.column)
    rows = _Counted(read_rows(connection, one.table, columns, one.condition, one.key))
    member = f"values/{one.name}.jsonl"
    archive.add(member, as_lines(rows))
    return PartEntry(member, one.table, columns, one.key, rows.count, column=one.column)


def _add_files(home: Path, connection: Connection, archive: ArchiveWriter, extent: Extent) -> list[str]:
    """Write the bytes of the uploaded files that go; the names of those whose bytes are gone."""
    missing = []
    for path in paths_of_files(home, connection, extent):
        name = path.relative_to(home).as_posix()
        if path.is_file() and not path.is_symlink():
            archive.add_file(name, path)
        else:
            missing.append(name)
    return missing


def paths_of_files(home: Path, connection: Connection, extent: Extent) -> list[Path]:
    """Where the bytes of the uploaded files that go lie."""
    condition = next((part.condition for part in extent.parts if part.table == "file"), "")
    if not condition:
        return []
    found = connection.exec_driver_sql(f"SELECT id FROM file WHERE {condition} ORDER BY id").scalars()  # noqa: S608
    return [path_of(home, one if isinstance(one, uuid.UUID) else uuid.UUID(bytes=bytes(one))) for one in found]


def _tables(connection: Connection, mine: Belongings) -> Iterator[TableEntry]:
    if connection.dialect.name == "postgresql":
        for one in read_definitions(connection):
            if one.name in mine.tables:
                yield TableEntry(one.name, tuple(one.create), tuple(one.finish), tuple(one.link))
        return
    statement = text("SELECT type, sql FROM sqlite_master WHERE tbl_name = :table AND sql IS NOT NULL ORDER BY type DESC, name")
    for name in mine.tables:
        made = connection.execute(statement, {"table": name}).all()
        yield TableEntry(name, *(tuple(sql for kind, sql in made if kind == wanted) for wanted in ("table", "index", "trigger")))


def remove_bytes(home: Path, manifest: PluginManifest) -> int:
    """Remove the uploaded files that lie in an export from the instance; how many were still there."""
    paths = [home / name for name in manifest.files]
    there = [path for path in paths if path.is_file()]
    for path in there:
        path.unlink(missing_ok=True)
    return len(there)




def sum_of(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for chunk in read_chunks(file):
            digest.update(chunk)
    return digest.hexdigest()
