# SPDX-License-Identifier: Apache-2.0
"""Intent: from what was applied last to what is declared now, as steps in the order to run them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, MetaData

from xrm.migrate.catalog import Catalog, TableState, as_json
from xrm.migrate.declared import declared_catalog
from xrm.migrate.former import (
    DeclaredType,
    child_table,
    declared_types,
    meaning_of,
    meanings_that_changed,
    renamed_columns,
    renames_of,
)
from xrm.migrate.own_tables import OWN_NAMES
from xrm.migrate.sizes import Sizes
from xrm.migrate.state import Applied, Kept, State
from xrm.migrate.steps import Plan, Step
from xrm.migrate.writing import Writer

DAYS_TO_CONTRACT = 14
EMPTY = TableState({}, {}, {})
WHOLE = ""  # the key under which a whole table is kept


@dataclass
class Wanted:
    """What is declared now."""

    metadata: MetaData
    declarations: Mapping[str, Any]


@dataclass(frozen=True)
class Choices:
    """What an operator may choose.

    To do at once what waits for its day; kept fields (``table.key``) or tables to let go; one owner; and the ``base`` of the
    plan that was looked at, so that no other one is run.
    """

    contract_now: bool = False
    pruned: Collection[str] = ()
    only: str = ""
    expected: str = ""


def make_plan(
    connection: Connection, wanted: Wanted, state: State, today: date, choices: Choices | None = None
) -> Plan:
    """The plan that leads from the state to what is wanted; nothing is changed."""
    return _Planning(connection, wanted, state, today, choices or Choices()).plan()


class _Planning:
    def __init__(self, connection: Connection, wanted: Wanted, state: State, today: date, choices: Choices) -> None:
        self._state = state
        self._today = today
        self._choices = choices
        self._declarations = dict(wanted.declarations)
        if choices.only:
            kept = {owner: one for owner, one in state.declarations.items() if owner != choices.only}
            self._declarations = {**kept, **{owner: one for owner, one in wanted.declarations.items() if owner == choices.only}}
        self._types = declared_types(wanted.declarations)
        self._former_types = declared_types(state.declarations)
        self._before: Catalog = {name: one.declared for name, one in state.objects.items()}
        self._after = self._wanted(declared_catalog(wanted.metadata, connection.dialect))
        self._tables = [table.name for table in wanted.metadata.sorted_tables if table.name in self._after]
        self._write = Writer(connection.dialect, wanted.metadata)
        self._sizes = Sizes(connection)
        self._kept: dict[str, dict[str, Mapping[str, str]]] = {
            name: {column: dict(why) for column, why in one.kept.items()} for name, one in state.objects.items()
        }
        self._problems: list[str] = []

    def _wanted(self, after: Catalog) -> Catalog:
        """What is declared; with ``only``, of all others what was applied."""
        only = self._choices.only
        if not only:
            return after
        return {
            name: state if self._owner(name) == only else self._before[name]
            for name, state in after.items() if name in self._before or self._owner(name) == only
        }

    def plan(self) -> Plan:
        expand: list[Step] = []
        backfill: list[Step] = []
        indexes: list[Step] = []
        for name in self._tables:
            if name in OWN_NAMES:
                continue
            if name not in self._before:
                expand += self._write.create_table(name)
            else:
                expand += self._grow(name)
                indexes += self._indexes(name)
        expand += self._search()
        for name in self._tables:
            if name in self._before:
                backfill += self._renames(name)
        self._note_retired()
        contract = [*self._contracts()]
        at_once = self._choices.contract_now
        now = [step for step in contract if at_once or not step.due or step.due <= self._today.isoformat()]
        later = [step for step in contract if step not in now]
        return Plan(
            self._finished([*expand, *backfill, *indexes, *now]), self._finished(later), tuple(self._problems),
            self._state.checksum, target_of(self._after, self._declarations), self._kept, self._after, self._declarations,
        )

    def _finished(self, steps: list[Step]) -> tuple[Step, ...]:
        return tuple(self._sizes.estimate(replace(step, owner=step.owner or self._owner(_table_of(step)))) for step in steps)

    def _grow(self, name: str) -> Iterator[Step]:
        before, after, kept = self._before[name], self._after[name], self._kept[name]
        for column, definition in after.columns.items():
            if column not in before.columns and column != "vector":
                yield self._write.add_column(name, column)
            elif column in kept and before.columns[column] == definition:
                yield from self._take_up(name, column, kept)
            elif before.columns.get(column, definition) != definition:
                self._refuse(name, column, before.columns[column], definition)
        kept.pop(WHOLE, None)
        was = self._former_types.get(name)
        changed = meanings_that_changed(was, self._types[name]) if was is not None and name in self._types else {}
        for field, (old, new) in changed.items():
            self._refuse(name, field, old, new)
        for constraint in sorted(after.constraints.keys() - before.constraints.keys()):
            if not self._comes_with_column(name, constraint):
                self._refuse(name, constraint, "nothing", after.constraints[constraint])

    def _take_up(self, name: str, column: str, kept: dict[str, Mapping[str, str]]) -> Iterator[Step]:
        why = kept.pop(column)
        declared = self._types[name].fields.get(why["field"], {}) if name in self._types else {}
        if declared and why.get("meaning", meaning_of(declared)) != meaning_of(declared):
            self._refuse(name, why["field"], f"{why['meaning']} (values are kept)", meaning_of(declared))
        yield Step("", "take up field", f"{name}.{why['field']}", note="its column was kept")

    def _comes_with_column(self, name: str, constraint: str) -> bool:
        new = self._after[name].columns.keys() - self._before[name].columns.keys()
        text = self._after[name].constraints[constraint]
        return any(f"FOREIGN KEY({column})" in text or f'FOREIGN KEY("{column}")' in text for column in new)

    def _refuse(self, table: str, what: str, before: str, after: str) -> None:
        said = (
            f'{table}.{what} was "{before}" and is declared as "{after}", which could lose values. Take the change back, or '
            "declare a field with another key beside it and carry the values over."
        )
        if not any(one.startswith(f"{table}.{what} was") for one in self._problems):
            self._problems.append(said)

    def _indexes(self, name: str) -> Iterator[Step]:
        before, after = self._before[name].indexes, self._after[name].indexes
        for index, definition in sorted(before.items()):
            if after.get(index) != definition:
                yield self._write.drop_index(name, index, definition)
        for index, definition in sorted(after.items()):
            if before.get(index) != definition and index != "ix_search_document_vector":
                yield self._write.create_index(name, index, definition, is_large=True)

    def _renames(self, name: str) -> Iterator[Step]:
        declared = self._types.get(name)
        if declared is None:
            return
        for old, new in renames_of(declared, self._before).items():
            due = (self._today + timedelta(days=DAYS_TO_CONTRACT)).isoformat()
            why = {"field": old, "why": "renamed", "to": new, "due": due}
            pairs = renamed_columns(old, new, self._before[name].columns, self._after[name].columns)
            if pairs:
                self._kept[name].update(dict.fromkeys(pairs, why))
                yield self._write.copy_columns(name, pairs)
            children = child_table(name, old), child_table(name, new)
            if children[0] in self._before and children[1] in self._after:
                self._kept[children[0]][WHOLE] = why
                yield self._write.copy_child(*children, self._before[children[0]], self._after[children[1]])

    def _note_retired(self) -> None:
        for name, before in self._before.items():
            kept, after = self._kept[name], self._after.get(name)
            if after is None:
                kept.setdefault(WHOLE, {"field": "", "why": "retired"})
                continue
            for column in before.columns:
                if column not in after.columns and column not in kept:
                    field = column.partition("__")[0]
                    former = self._former_types[name].fields.get(field) if name in self._former_types else None
                    kept[column] = {"field": field, "why": "retired", "meaning": meaning_of(former)} if former else {
                        "field": field, "why": "retired"
                    }

    def _contracts(self) -> Iterator[Step]:
        for name in sorted(self._kept):
            kept = self._kept[name]
            fields: dict[str, list[str]] = {}
            for column, why in kept.items():
                is_pruned = f"{name}.{why['field']}" in self._choices.pruned or (column == WHOLE and name in self._choices.pruned)
                if why["why"] == "renamed" or is_pruned:
                    fields.setdefault(why["field"], []).append(column)
            for columns in fields.values():
                why = kept[columns[0]]
                yield from self._contract(name, columns, why)

    def _contract(self, name: str, columns: list[str], why: Mapping[str, str]) -> Iterator[Step]:
        before = self._before[name]
        if columns == [WHOLE]:
            step = self._write.drop_table(name, before)
        else:
            after = self._after[name].columns
            pairs = renamed_columns(why["field"], why["to"], columns, after) if "to" in why else {}
            step = self._write.drop_columns(name, columns, before, pairs)
        yield replace(step, due="" if why["why"] == "retired" else why.get("due", ""))

    def _search(self) -> Iterator[Step]:
        if "search_document" not in self._after:
            return
        for step in self._write.search():
            table, _, column = step.target.partition(".")
            known = self._before.get(table if column or table == "search_index" else "search_document")
            if known is None or (column and column not in known.columns) or (
                step.target.startswith("ix_") and step.target not in known.indexes
            ):
                yield step

    def _owner(self, table: str) -> str:
        return owner_of(table, self._types)


def _table_of(step: Step) -> str:
    return step.note if step.action in {"create index", "drop index"} else step.target.partition(".")[0]


def owner_of(table: str, types: Mapping[str, DeclaredType]) -> str:
    """Who declared a table: the plugin before the double underscore; of the kinds of party, who declares the type; else core."""
    first, separator, _ = table.partition("__")
    for name in (table, first):
        if name in types:
            return types[name].owner
    return first if separator else "core"


def target_of(after: Catalog, declarations: Mapping[str, Any]) -> str:
    """The checksum of what a plan leads to."""
    text = json.dumps([{name: as_json(one) for name, one in after.items()}, declarations], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def reached(state: State, plan: Plan) -> State:
    """The state after a plan: what is declared, with what is kept of former fields.

    What the database makes of it is read when the plan has run.
    """
    done = {step.target for step in plan.steps if step.phase == "contract"}
    after, types = plan.after, declared_types(plan.declarations)
    objects: dict[str, Applied] = {}
    for name in {*state.objects, *after}:
        before = state.objects.get(name)
        kept: Kept = {column: why for column, why in plan.kept.get(name, {}).items() if _target(name, column, why) not in done}
        if name not in after and not kept:
            continue
        columns = {**(before.declared.columns if before else {}), **(after[name].columns if name in after else {})}
        wanted_now = after.get(name)
        here = {*wanted_now.columns, *kept} if wanted_now is not None else {*columns}
        rest = wanted_now or (before.declared if before else EMPTY)
        declared = TableState(
            {column: text for column, text in columns.items() if column in here}, dict(rest.constraints), dict(rest.indexes)
        )
        objects[name] = Applied(owner_of(name, types), declared, EMPTY, kept)
    return State(objects, dict(plan.declarations))


def _target(table: str, column: str, why: Mapping[str, str]) -> str:
    return table if column == WHOLE else f"{table}.{why['field']}"

