# SPDX-License-Identifier: Apache-2.0
"""The steps that drop what is a plugin's: rows in batches, children before parents, then its tables; nothing is left of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from xrm.backup.definitions_postgresql import quoted
from xrm.migrate.former import OVERLAY
from xrm.migrate.irreversible import DELETE_ROWS, DROP_TABLE
from xrm.migrate.state import State
from xrm.migrate.steps import Step
from xrm.plugin_removal.belongings import Belongings
from xrm.plugin_removal.parts import SEARCH, Extent, find_extent
from xrm.plugin_removal.programs import functions_of
from xrm.plugin_removal.values import count_rows

BATCH = 5_000


@dataclass(frozen=True)
class _Dialect:
    """How a database names rows without their key."""

    is_sqlite: bool

    def some(self, table: str, condition: str) -> str:
        """The condition that holds for some of the rows under another one, at most a batch."""
        named = quoted(table)
        if self.is_sqlite:
            return f"rowid IN (SELECT rowid FROM {named} WHERE {condition} LIMIT {BATCH})"  # noqa: S608
        return f"ctid = ANY (ARRAY(SELECT ctid FROM {named} WHERE {condition} LIMIT {BATCH}))"  # noqa: S608


@dataclass(frozen=True)
class _Batches:
    """Statements that are repeated, and the rows that they find: a condition on a table."""

    action: str
    target: str
    table: str
    condition: str
    statements: tuple[str, ...]

    def step(self, connection: Connection, owner: str) -> Step:
        """The step, with the number of rows."""
        return Step(
            owner, self.action, self.target, self.statements, phase="contract", risk="destroys",
            rows=count_rows(connection, self.table, self.condition), is_transactional=False, is_repeated=True, note="in batches",
        )


def drop_steps(connection: Connection, mine: Belongings) -> list[Step]:
    """What has to be done so that nothing is left of a plugin in this database; a step that finds nothing is left out."""
    extent = find_extent(connection, mine)
    write = _Dialect(connection.dialect.name == "sqlite")
    batches = [*_documents(write, extent), *_values(write, extent), *_departments(write, extent), *_rows(write, extent)]
    counted = [one.step(connection, mine.plugin) for one in batches]
    tables = [replace(_table(name), owner=mine.plugin) for name in (*_children_first(extent), *mine.kept)]
    functions = [
        Step(mine.plugin, "drop function", name, (f"DROP FUNCTION IF EXISTS {name}",), (), "contract", "destroys", "none")
        for name in functions_of(connection, mine.tables)
    ]
    return [*(step for step in counted if step.rows), *tables, *functions]


def without_plugin(state: State, mine: Belongings) -> State:
    """What is applied when a plugin is gone."""
    declarations = {owner: one for owner, one in state.declarations.items() if owner != mine.plugin}
    if OVERLAY in declarations:
        declarations[OVERLAY] = [one for one in declarations[OVERLAY] if one.get("extends") not in mine.tables]
    return State(
        {name: one for name, one in state.objects.items() if name not in mine.tables}, declarations,
        {owner: one for owner, one in state.made_by.items() if owner != mine.plugin},
        {owner: one for owner, one in state.done_steps.items() if owner != mine.plugin},
    )


def _documents(write: _Dialect, extent: Extent) -> Iterator[_Batches]:
    if not extent.documents:
        return
    some, parts = write.some(SEARCH, extent.documents), "scope, strong, normal, weak"
    # FTS5 unlearns a row only when told the very text that it learned.
    old = f"SELECT 'delete', key, {parts} FROM {SEARCH} WHERE {some}"  # noqa: S608
    unlearn = (f"INSERT INTO search_index(search_index, rowid, {parts}) {old}",)
    delete = f"DELETE FROM {SEARCH} WHERE {some}"  # noqa: S608
    yield _Batches(DELETE_ROWS, SEARCH, SEARCH, extent.documents, (*(unlearn if write.is_sqlite else ()), delete))


def _values(write: _Dialect, extent: Extent) -> Iterator[_Batches]:
    for one in extent.cleared:
        filled = f"{quoted(one.column)} IS NOT NULL AND ({one.condition})"
        statement = f"UPDATE {quoted(one.table)} SET {quoted(one.column)} = NULL WHERE {write.some(one.table, filled)}"  # noqa: S608
        yield _Batches("clear values", one.name, one.table, filled, (statement,))


def _departments(write: _Dialect, extent: Extent) -> Iterator[_Batches]:
    """Departments that saw a party by one of these roles and by nothing else see it no more."""
    if not extent.roles:
        return
    condition = (
        f"entity_id IN (SELECT party_id FROM role WHERE {extent.roles}) "  # noqa: S608
        "AND department_id <> (SELECT e.department_id FROM entity e WHERE e.id = party_department.entity_id) "
        "AND NOT EXISTS (SELECT 1 FROM role r WHERE r.party_id = party_department.entity_id AND r.deleted_at IS NULL "
        "AND r.department_id = party_department.department_id AND r.id NOT IN "
        f"(SELECT id FROM role WHERE {extent.roles}))"
    )
    statement = f"DELETE FROM party_department WHERE {write.some('party_department', condition)}"  # noqa: S608
    yield _Batches(DELETE_ROWS, "party_department", "party_department", condition, (statement,))


def _rows(write: _Dialect, extent: Extent) -> Iterator[_Batches]:
    # What is found through the rows of the others goes before these.
    first = {"file", "audit_value", "relationship_past", "job", "overlay", "permission", "plugin_activation", "plugin_setting"}
    backwards = extent.parts[::-1]
    for part in sorted(backwards, key=lambda part: (part.table not in first, not part.links)):
        clear = [
            f"UPDATE {quoted(part.table)} SET {quoted(column)} = NULL WHERE {quoted(column)} IN "  # noqa: S608
            f"(SELECT {quoted(part.key[0])} FROM {quoted(part.table)} WHERE {write.some(part.table, part.condition)})"
            for column in part.pointing
        ]
        delete = f"DELETE FROM {quoted(part.table)} WHERE {write.some(part.table, part.condition)}"  # noqa: S608
        yield _Batches(DELETE_ROWS, part.table, part.table, part.condition, (*clear, delete))


def _children_first(extent: Extent) -> list[str]:
    return [part.table for part in reversed(extent.parts) if part.own]


def _table(name: str) -> Step:
    return Step("", DROP_TABLE, name, (f"DROP TABLE IF EXISTS {quoted(name)}",), (), "contract", "destroys", "brief",
                note="with its indexes")
