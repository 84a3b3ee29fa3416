# SPDX-License-Identifier: Apache-2.0
"""Intent: from what was applied last to what is declared now, as steps in the order to run them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import Connection

from xrm.errors import Message
from xrm.migrate.asking import DAYS_TO_CONTRACT, Choices, Wanted
from xrm.migrate.catalog import Catalog, with_moved
from xrm.migrate.checks import check_rows
from xrm.migrate.conversions import Conversions, Moving, names_any
from xrm.migrate.declared import declared_catalog
from xrm.migrate.done_steps import odd_steps
from xrm.migrate.downgrades import find_downgrades
from xrm.migrate.former import (
    OVERLAY,
    child_table,
    declared_types,
    meaning_of,
    renamed_columns,
    renames_of,
    value_columns,
)
from xrm.migrate.hints import anew, carrying, could_lose, misleading_renames, notes_on
from xrm.migrate.made_by import MadeByOwner, after_steps, revisions_of
from xrm.migrate.outcome import WHOLE, target_of
from xrm.migrate.own_tables import OWN_NAMES
from xrm.migrate.owners import Owners, narrowed
from xrm.migrate.reshaping import drop_by_rebuild, reshape
from xrm.migrate.said import Said
from xrm.migrate.scripts import waiting_files
from xrm.migrate.sizes import Sizes
from xrm.migrate.state import State
from xrm.migrate.steps import Plan, Step
from xrm.migrate.syncing import InStep
from xrm.migrate.writing import Writer


def make_plan(
    connection: Connection, wanted: Wanted, state: State, today: date, choices: Choices | None = None
) -> Plan:
    """The plan that leads from the state to what is wanted; nothing is changed."""
    return _Planning(connection, wanted, state, today, choices or Choices()).plan()


def downgrades_of(connection: Connection, wanted: Wanted, made_by: MadeByOwner) -> list[Message]:
    """What is wanted by code older than the code that made the tables."""
    revisions = {owner: revisions_of(declared) for owner, declared in wanted.declarations.items()}
    return find_downgrades(connection, made_by, wanted.versions, revisions)


class _Planning:
    def __init__(self, connection: Connection, wanted: Wanted, state: State, today: date, choices: Choices) -> None:
        self._connection = connection
        self._state = state
        self._today = today
        self._choices = choices
        self._declarations = dict(wanted.declarations)
        if choices.only:
            kept = {owner: one for owner, one in state.declarations.items() if owner != choices.only}
            self._declarations = {**kept, **{owner: one for owner, one in wanted.declarations.items() if owner == choices.only}}
        # Of owners that were applied before declarations were kept, what they declare now is all there is.
        types = declared_types({**wanted.declarations, OVERLAY: (), **self._declarations})
        self._types = {name: one for name, one in types.items() if name in wanted.metadata.tables}
        self._former_types = declared_types(state.declarations)
        self._owners = Owners(self._former_types, declared_types(wanted.declarations))
        self._before: Catalog = {name: one.declared for name, one in state.objects.items()}
        self._after = declared_catalog(wanted.metadata, connection.dialect)
        if choices.only:
            kept_now = {name: one.kept for name, one in state.objects.items()}
            self._after = narrowed(self._before, self._after, kept_now, choices.only, self._owners)
        self._tables = [table.name for table in wanted.metadata.sorted_tables if table.name in self._after]
        self._sizes = Sizes(connection)
        self._write = Writer(connection.dialect, wanted.metadata, self._sizes.is_there)
        self._kept: dict[str, dict[str, Mapping[str, str]]] = {
            name: {column: dict(why) for column, why in one.kept.items()} for name, one in state.objects.items()
        }
        self._in_step = InStep(connection.dialect, self._before, self._kept)
        self._versions, self._away = wanted.versions, frozenset(wanted.away)
        self._step_files = {owner: wanted.tools.step_files.get(owner, ()) for owner in state.declarations
                            if choices.only in ("", owner)}
        self._problems: list[str] = [Said(one) for one in downgrades_of(connection, wanted, state.made_by)]
        self._is_blocked = bool(self._problems)
        self._moving = Moving() if self._is_blocked else self._find_moving(connection, wanted)

    def _find_moving(self, connection: Connection, wanted: Wanted) -> Moving:
        """Fields whose type changes, and data steps of plugins that were there before: a new one has nothing to carry."""
        waiting = waiting_files(self._step_files, self._state.done_steps)
        conversions = Conversions(
            connection, wanted.tools, self._write, (self._before, self._after), (self._former_types, self._types), self._today
        )
        found = conversions.find(waiting, self._kept)
        self._done_steps = {
            owner: tuple(path.stem for path in wanted.tools.step_files.get(owner, ())) for owner in self._declarations
            if self._choices.only in ("", owner)
        }
        for table, key in found.handled:
            found.expand += self._in_step.let_go(table, key)
        for table, columns in found.kept.items():
            self._kept.setdefault(table, {}).update(columns)
        for table, key, was, now in found.refused:
            self._refuse(table, key, was, now)
        self._problems += found.problems
        return found

    def plan(self) -> Plan:
        """The steps; none where older code asks, or a data step cannot be read: what to mend stands alone then."""
        if self._is_blocked or self._moving.is_broken:
            unchanged = self._state.checksum
            return Plan(problems=tuple(self._problems), base=unchanged, kept=self._kept, after=self._before,
                        declarations=self._state.declarations, made_by=self._state.made_by, done_steps=self._state.done_steps)
        return self._plan()

    def _plan(self) -> Plan:
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
        expand += [*self._search(), *self._moving.expand]
        for name in self._tables:
            if name in self._before:
                for step in self._renames(name):
                    (backfill if step.phase == "backfill" else expand).append(step)
        self._note_retired()
        contract = [step for step in self._contracts() if self._is_wanted(step)]
        now = [step for step in contract if self._is_now(step)]
        later = [step for step in contract if step not in now]
        drops = [step for step in indexes if step.action == "drop index"]
        makes = [step for step in indexes if step.action != "drop index"]
        carried = [*backfill, *self._moving.backfill, *drops, *self._moving.switch]
        moved = {step.walk.table for step in carried if step.walk is not None}
        makes += [step for step in anew(self._former_types, self._types, moved) if self._is_wanted(step)]
        types = self._former_types, self._types
        found = check_rows(self._connection, (self._before, self._after), types, self._moving.written)
        odd = odd_steps(self._connection, self._step_files)
        self._problems += [*found.problems, *odd.problems, *misleading_renames(self._former_types, self._types)]
        steps = self._finished([*expand, *carried, *makes, *self._choices.closing, *now])
        plan = Plan(
            steps, self._finished(later), tuple(self._problems),
            self._state.checksum, target_of(self._after, self._declarations), self._kept, self._after, self._declarations,
            after_steps(self._state.made_by, steps, self._versions, self._declarations),
            {**self._state.done_steps, **{owner: names for owner, names in self._done_steps.items() if names}},
        )
        kept = {name: one.kept for name, one in self._state.objects.items()}
        return replace(plan, notes=(*found.notes, *odd.notes, *notes_on(self._former_types, self._types, kept, self._kept)))

    def _is_wanted(self, step: Step) -> bool:
        return self._choices.only in ("", self._owners.step(step))

    def _is_now(self, step: Step) -> bool:
        is_due = self._choices.contract_now or not step.due or step.due <= self._today.isoformat()
        return is_due and not self._choices.without_contract and self._is_wanted(step)

    def _finished(self, steps: list[Step]) -> tuple[Step, ...]:
        return tuple(self._sizes.estimate(replace(step, owner=step.owner or self._owners.step(step))) for step in steps)

    def _grow(self, name: str) -> Iterator[Step]:
        before, after, kept = self._before[name], self._after[name], self._kept[name]
        changing = self._moving.touched.get(name, ())
        reshaped = reshape(self._connection, name, before, after, moving=changing)
        self._problems += reshaped.problems
        for column, definition in after.columns.items():
            if column in changing:
                continue
            if column not in before.columns and column != "vector":
                yield self._write.add_column(name, column)
            elif column in kept and before.columns[column] == definition:
                yield from self._take_up(name, column, kept)
            elif before.columns.get(column, definition) != definition and column not in reshaped.columns:
                self._refuse(name, column, before.columns[column], definition)
        yield from self._in_step.take_up_table(name)
        for constraint in sorted(after.constraints.keys() - before.constraints.keys() - reshaped.constraints):
            if not self._comes_with_column(name, constraint):
                self._refuse(name, constraint, "nothing", after.constraints[constraint])
        yield from reshaped.steps

    def _take_up(self, name: str, column: str, kept: dict[str, Mapping[str, str]]) -> Iterator[Step]:
        why = kept.pop(column)
        ends, begins = self._in_step.take_up(name, why)
        declared = self._types[name].fields.get(why["field"], {}) if name in self._types else {}
        if declared and why.get("meaning", meaning_of(declared)) != meaning_of(declared):
            self._refuse(name, why["field"], f"{why['meaning']} (values are kept)", meaning_of(declared))
        yield Step("", "take up field", f"{name}.{why['field']}", ends, begins, note="its column was kept")

    def _comes_with_column(self, name: str, constraint: str) -> bool:
        new = self._after[name].columns.keys() - self._before[name].columns.keys()
        text = self._after[name].constraints[constraint]
        return any(f"FOREIGN KEY({column})" in text or f'FOREIGN KEY("{column}")' in text for column in new)

    def _refuse(self, table: str, what: str, before: str, after: str) -> None:
        said = Said(could_lose(f"{table}.{what}", before, after, carrying(table, what)))
        if not any(one.startswith(f"{table}.{what} was") for one in self._problems):
            self._problems.append(said)

    def _indexes(self, name: str) -> Iterator[Step]:
        before, after = self._before[name].indexes, self._after[name].indexes
        changing = self._moving.touched.get(name, set())
        for index, definition in sorted(before.items()):
            if after.get(index) != definition or names_any(definition, changing):
                yield self._write.drop_index(name, index, definition)
        for index, definition in sorted(after.items()):
            is_same = before.get(index) == definition and not names_any(definition, changing)
            if not is_same and index != "ix_search_document_vector":
                yield self._write.create_index(name, index, definition, is_large=True)

    def _renames(self, name: str) -> Iterator[Step]:
        declared = self._types.get(name)
        if declared is None:
            return
        renames = {
            old: new for old, new in renames_of(declared, self._before).items() if (name, new) not in self._moving.handled
        }
        for old, new in self._in_step.renames(declared, renames).items():
            due = (self._today + timedelta(days=DAYS_TO_CONTRACT)).isoformat()
            why = {"field": old, "why": "renamed", "to": new, "due": due}
            pairs = renamed_columns(old, new, self._before[name].columns, self._after[name].columns)
            if pairs:
                yield self._in_step.begin(name, old, why, pairs)
                self._kept[name].update(dict.fromkeys(pairs, why))
                yield self._write.copy_columns(name, pairs)
            children = child_table(name, old), child_table(name, new)
            if children[0] in self._before and children[1] in self._after:
                columns = value_columns(self._before[children[0]].columns, self._after[children[1]].columns)
                yield self._in_step.begin(children[0], old, why, columns, into=children[1])
                self._kept[children[0]][WHOLE] = why
                yield self._write.copy_child(*children, columns)

    def _note_retired(self) -> None:
        for name, before in self._before.items():
            kept, after = self._kept[name], self._after.get(name)
            if after is None:
                kept.setdefault(WHOLE, {"field": "", "why": "retired"})
                continue
            changing = self._moving.touched.get(name, ())
            for column in before.columns:
                if column not in after.columns and column not in kept and column not in changing:
                    field = column.partition("__")[0]
                    former = self._former_types[name].fields.get(field) if name in self._former_types else None
                    kept[column] = {"field": field, "why": "retired", "meaning": meaning_of(former)} if former else {
                        "field": field, "why": "retired"
                    }

    def _contracts(self) -> Iterator[Step]:
        for name in sorted(self._kept):
            kept = self._kept[name]
            fields: dict[str, list[str]] = {}
            # What waits for a plugin that is off goes on when it is back.
            is_off = bool(kept) and (self._owners.table(name) in self._away or not any(
                name == table or name.startswith(f"{table}__") for table in self._types
            ))
            for column, why in kept.items():
                is_pruned = f"{name}.{why['field']}" in self._choices.pruned or (column == WHOLE and name in self._choices.pruned)
                if (why["why"] in {"renamed", "converted"} and not is_off) or is_pruned:
                    fields.setdefault(f"{why['why']} {why['field']}", []).append(column)
            for columns in fields.values():
                why = kept[columns[0]]
                yield from self._contract(name, columns, why)

    def _contract(self, name: str, columns: list[str], why: Mapping[str, str]) -> Iterator[Step]:
        before = with_moved(self._before[name], self._kept[name])
        if columns == [WHOLE]:
            step = self._write.drop_table(name, before)
        else:
            after = self._after[name].columns
            # What was renamed by a version without triggers is caught up at the end.
            is_apart = "to" in why and not {"sync", "ended"} & why.keys()
            pairs = renamed_columns(why["field"], why["to"], columns, after) if is_apart else {}
            step = self._write.drop_columns(name, why["field"], columns, before, pairs)
            step = drop_by_rebuild(self._connection, name, columns, step)
        step = replace(step, due="" if why["why"] == "retired" else why.get("due", ""))
        if why["why"] == "converted":
            step = replace(step, note=f"its values of before, as {why['meaning']}")
        field = "" if columns == [WHOLE] else why["field"]
        yield self._in_step.contract(name, field, step, is_now=self._is_now(step))

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
