# SPDX-License-Identifier: Apache-2.0
"""An exported plugin made anew: its tables as they were, its rows, what was applied of it, all in one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import filterfalse
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from xrm.backup.create import sync_folder
from xrm.backup.manifest import Member
from xrm.backup.verify import extract_members
from xrm.db.engine import for_writing
from xrm.errors import Conflict, msg
from xrm.migrate.drift import without_drift
from xrm.migrate.exclusive import alone
from xrm.migrate.irreversible import LOAD_ROWS
from xrm.migrate.ledger import DONE, begin_plan, open_plan, set_plan_state, write_steps
from xrm.migrate.live import read_catalog
from xrm.migrate.outcome import WHOLE
from xrm.migrate.own_tables import ensure_own_tables
from xrm.migrate.purging import DAYS_KEPT
from xrm.migrate.state import Applied, State, read_state, state_from_json, write_state
from xrm.migrate.steps import Step
from xrm.plugin_removal.belongings import Belongings, belongings_from_json
from xrm.plugin_removal.export import sum_of
from xrm.plugin_removal.inspection import require_whole_export
from xrm.plugin_removal.loading import Loaded, load_rows
from xrm.plugin_removal.manifest import PluginManifest
from xrm.plugin_removal.parts import among
from xrm.plugin_removal.records import RESTORING, write_removal
from xrm.runtime import Runtime

Told = Callable[[Step], None]


def reload_plugin(runtime: Runtime, plugin: str, file: Path, *, actor: str, told: Told | None = None) -> Loaded:
    """Take the data of an export back; the plugin stays off. All of it, or nothing.

    Raises:
        NotFound: when there is no such file.
        XrmError: (``damaged``) when it is not whole.
        Conflict: when it is of another plugin or database, or cannot come back beside what is there.
    """
    manifest = require_whole_export(file)
    _require_fitting(runtime, manifest, plugin)
    placed = _place_files(runtime.settings.home, file, manifest)
    try:
        with alone(runtime.engine), for_writing(runtime.engine.connect()) as connection, connection.begin():
            ensure_own_tables(connection)
            loaded = _reload(connection, file, manifest, actor, told)
    except BaseException:
        for path in placed:
            path.unlink(missing_ok=True)
        raise
    return loaded


def remember_declarations(runtime: Runtime, mine: Belongings) -> None:
    """Let what was applied of the plugin count again, so that the next plan begins where the plugin was when it was removed."""
    with alone(runtime.engine), for_writing(runtime.engine.connect()) as connection, connection.begin():
        state = read_state(connection)
        if mine.declared and mine.plugin not in state.declarations:
            objects = {
                name: _declared_again(one) if name in mine.tables else one for name, one in state.objects.items()
            }
            declarations = {**state.declarations, mine.plugin: list(mine.declared)}
            write_state(connection, replace(state, objects=objects, declarations=declarations), datetime.now(UTC))


def _declared_again(one: Applied) -> Applied:
    """The table without the mark that nobody declares it."""
    is_mark = {WHOLE: one.kept.get(WHOLE, {}).get("why") == "retired"}
    return replace(one, kept={column: why for column, why in one.kept.items() if not is_mark.get(column)})


def _require_fitting(runtime: Runtime, manifest: PluginManifest, plugin: str) -> None:
    if manifest.plugin != plugin:
        other = msg("The export is of the plugin {other}, not of {name}.", other=manifest.plugin, name=plugin)
        raise Conflict(other, code="other")
    if manifest.database != runtime.engine.dialect.name:
        raise Conflict(
            msg("The export was made on {other}, and this instance runs on {here}. Take it back on {other}; from there data goes "
                "by export and import.", other=manifest.database, here=runtime.engine.dialect.name), code="other",
        )


def _place_files(home: Path, file: Path, manifest: PluginManifest) -> list[Path]:
    """Put the uploaded files that are not there to their places; which."""
    wanted: dict[str, Path] = {name: home / name for name in manifest.files if not (home / name).exists()}
    members: dict[str, Member] = {name: manifest.members[name] for name in wanted}
    extract_members(file, members, wanted)
    for folder in {path.parent for path in wanted.values()}:
        sync_folder(folder)
    return list(wanted.values())


def _reload(connection: Connection, file: Path, manifest: PluginManifest, actor: str, told: Told | None) -> Loaded:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
    if open_plan(connection) is not None:
        raise Conflict(msg("Another schema change was begun in the meantime. Try again."), code="busy")
    _require_absent(connection, manifest)
    state, own = read_state(connection), state_from_json(manifest.state)
    steps = _steps(manifest, file)
    number = begin_plan(connection, steps, state, state, actor)
    for step in steps:
        if told is not None:
            told(step)
    links = [one for table in manifest.tables for one in table.link]
    for statement in (one for table in manifest.tables for one in (*table.create, *table.finish)):
        connection.exec_driver_sql(statement)
    # By its foreign keys a row is known to hang on one that is gone; triggers would write rows that come later.
    for statement in filter(_is_reference, links):
        connection.exec_driver_sql(statement)
    loaded = load_rows(connection, file, manifest)
    for statement in filterfalse(_is_reference, links):
        connection.exec_driver_sql(statement)
    _see_parties(connection, manifest)
    write_steps(connection, number, [(at, step, 0) for at, step in enumerate(steps)], actor)
    goal = _goal(connection, state, own)
    write_state(connection, goal, datetime.now(UTC))
    set_plan_state(connection, number, DONE, goal)
    _note(connection, file, manifest, actor)
    return loaded


def _is_reference(statement: str) -> bool:
    return "FOREIGN KEY" in statement


def _require_absent(connection: Connection, manifest: PluginManifest) -> None:
    there = sorted(set(inspect(connection).get_table_names()).intersection(one.name for one in manifest.tables))
    if there:
        raise Conflict(msg("{name} has tables already, such as {table}. Remove it with xrm plugin remove {name} --now first; "
                           "that exports what they hold.", name=manifest.plugin, table=there[0]), code="still_here")


def _steps(manifest: PluginManifest, file: Path) -> list[Step]:
    """What the ledger says of it."""
    made = [
        Step(manifest.plugin, "create table", table.name, (*table.create, *table.finish, *table.link),
             (f'DROP TABLE "{table.name}"',), lock="none")
        for table in manifest.tables
    ]
    rows = [
        Step(manifest.plugin, LOAD_ROWS, one.table, (f"-- {one.rows} rows from {file}",), phase="backfill", rows=one.rows,
             lock="blocks writing")
        for one in manifest.parts if one.rows
    ]
    return [*made, *rows]


def _goal(connection: Connection, state: State, own: State) -> State:
    # What somebody had changed by hand before it was removed is reported still.
    live = without_drift(read_catalog(connection), own)
    objects = {name: replace(_declared_again(one), live=live[name]) for name, one in own.objects.items() if name in live}
    return State(
        {**state.objects, **objects}, {**state.declarations, **own.declarations}, {**state.made_by, **own.made_by},
        {**state.done_steps, **own.done_steps},
    )


def _see_parties(connection: Connection, manifest: PluginManifest) -> None:
    """Departments see a party again by the roles that came back."""
    roles = belongings_from_json(manifest.belongings).roles
    if roles:
        connection.exec_driver_sql(
            "INSERT INTO party_department (entity_id, department_id, type, title_key) "  # noqa: S608
            "SELECT DISTINCT r.party_id, r.department_id, e.type, e.title_key FROM role r JOIN entity e ON e.id = r.party_id "
            f"WHERE r.type {among(roles)} AND r.deleted_at IS NULL AND e.deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM "
            "party_department p WHERE p.entity_id = r.party_id AND p.department_id = r.department_id)"
        )


def _note(connection: Connection, file: Path, manifest: PluginManifest, actor: str) -> None:
    now = datetime.now(UTC)
    write_removal(
        connection, manifest.plugin, state=RESTORING, version=manifest.version,
        belongings=json.dumps(dict(manifest.belongings), ensure_ascii=False), counts=json.dumps(manifest.counts),
        archive=str(file), sha256=sum_of(file), removed_at=now, removed_by=actor, due_at=now + timedelta(days=DAYS_KEPT),
        receipt="",
    )
