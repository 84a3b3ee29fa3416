# SPDX-License-Identifier: Apache-2.0
"""Fields that change their type under one key, and data steps of plugins: the steps they ask for.

A field with another type gets columns beside the old ones, which are filled batch by batch; at the end the two change names.
The old columns stay until they are contracted, so that the way back has every value as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnClause, Connection, column, func, or_, select, table

from xrm.errors import InvalidInput, msg
from xrm.migrate.asking import DAYS_TO_CONTRACT
from xrm.migrate.catalog import Catalog
from xrm.migrate.data_steps import DataSteps
from xrm.migrate.former import DeclaredType, child_table, meaning_of, meanings_that_changed, renames_of
from xrm.migrate.hints import carrying, could_lose, is_own
from xrm.migrate.outcome import EMPTY, WHOLE
from xrm.migrate.rows_named import VALUES_ARE, counted
from xrm.migrate.said import Said
from xrm.migrate.steps import Place, Risk, Step, Walk
from xrm.migrate.turning import Tools
from xrm.migrate.widening import Kept, kept_field, most_that_fits, scale_of, widening
from xrm.migrate.writing import Writer


@dataclass
class Moving:
    """What conversions and data steps add to a plan."""

    expand: list[Step] = field(default_factory=list)
    backfill: list[Step] = field(default_factory=list)
    switch: list[Step] = field(default_factory=list)
    touched: dict[str, set[str]] = field(default_factory=dict)  # table → columns whose indexes are made anew
    kept: dict[str, dict[str, Mapping[str, str]]] = field(default_factory=dict)
    handled: set[tuple[str, str]] = field(default_factory=set)  # table and key of fields that are no problem any more
    refused: list[tuple[str, str, str, str]] = field(default_factory=list)  # table, key, was, is
    problems: list[str] = field(default_factory=list)
    is_broken: bool = False  # data steps cannot be run, and so nothing else is asked

    @property
    def written(self) -> set[tuple[str, str]]:
        """Table and key of the fields that data steps change."""
        walks = [step.walk for step in self.backfill if step.walk is not None and step.walk.script]
        return {(walk.table, key) for walk in walks for key in walk.writes}


@dataclass(frozen=True)
class _Change:
    table: str
    key: str
    was: Mapping[str, Any]
    now: Mapping[str, Any]
    before: Kept
    after: Kept

    @property
    def is_renamed(self) -> bool:
        """Whether it got another key as well, so that old and new columns are not in each other's way."""
        return bool(self.was["key"] != self.key)


class Conversions:
    """Finds them, given what was applied and what is declared."""

    def __init__(
        self, connection: Connection, tools: Tools, writer: Writer, catalogs: tuple[Catalog, Catalog],
        types: tuple[Mapping[str, DeclaredType], Mapping[str, DeclaredType]], today: date,
    ) -> None:
        self._connection = connection
        self._tools = tools
        self._write = writer
        self._before, self._after = catalogs
        self._former_types, self._types = types
        self._due = (today + timedelta(days=DAYS_TO_CONTRACT)).isoformat()
        self._moving = Moving()

    def find(self, waiting: Sequence[tuple[str, Path]], kept: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Moving:
        """All of them; ``waiting`` are owner and file of data steps not run yet, ``kept`` what stays of former fields."""
        moving = self._moving
        self._make_formulas_anew()
        changes = {(one.table, one.key): one for one in self._changes()}
        refused = len(moving.problems)
        steps = DataSteps(self._tools, self._types, self._former_types, (self._before, self._after), kept)
        for script in steps.load(waiting):
            try:
                walk = steps.walk_of(script)
            except InvalidInput as error:
                moving.problems += [Said(problem.message) for problem in error.problems]
                continue
            own = [changes[walk.table, key] for key in script.writes if (walk.table, key) in changes]
            taken = [one.key for one in own if (one.table, one.key) in moving.handled]
            if taken:
                moving.problems.append(Said(msg(
                    "{where}: an earlier step that waits changes {fields} too. Install the version between, and apply it first.",
                    where=f"{script.owner}/steps/{script.name}.py", fields=", ".join(taken),
                )))
                continue
            in_place = steps.changed_in_place(walk, {one.key for one in own})
            asides = {key: self._write.set_aside(script.owner, script.name, place, walk.table) for key, place in in_place.items()}
            moving.expand += [step for step, _ in asides.values()]
            self._add(script.owner, replace(walk, asides={key: place for key, (_, place) in asides.items()}), own)
        moving.problems += steps.problems
        if len(moving.problems) > refused:
            # What the steps would have carried over is no problem of its own.
            moving.handled |= changes.keys()
            moving.is_broken = True
            return moving
        for one in changes.values():
            if (one.table, one.key) not in moving.handled:
                self._widen(one)
        return moving

    def _changes(self) -> Iterator[_Change]:
        for name, declared in self._types.items():
            former = self._former_types.get(name)
            if former is None or name not in self._before or name not in self._after:
                continue
            pairs = {key: key for key in meanings_that_changed(former, declared)}
            pairs |= {
                new: old for old, new in renames_of(declared, self._before).items()
                if old in former.fields and meaning_of(former.fields[old]) != meaning_of(declared.fields[new])
            }
            for key, former_key in pairs.items():
                was, now = {**former.fields[former_key], "key": former_key}, {**declared.fields[key], "key": key}
                if (name, key) in self._moving.handled:
                    continue
                if _has_no_columns(was) or _has_no_columns(now):
                    # Nothing was kept of it, or nothing will be: columns come, or are retired.
                    self._moving.handled.add((name, key))
                    continue
                before, after = (kept_field(one["key"], one, self._tools.field_types) for one in (was, now))
                if before is None or after is None or (
                    key == former_key and before.is_many and after.is_many and was["type"] != now["type"]
                ):
                    self._refuse_child(name, key, was, now)
                else:
                    yield _Change(name, key, was, now, before, after)

    def _make_formulas_anew(self) -> None:
        """Stored formulas that give something else now: nothing of them can be lost, so their columns are emptied and filled."""
        for name, declared in self._types.items():
            former = self._former_types.get(name)
            if former is None or name not in self._before or name not in self._after:
                continue
            for key in sorted(former.stored_formulas.keys() & declared.stored_formulas.keys()):
                was, now = (
                    {column: text for column, text in catalog[name].columns.items() if column.partition("__")[0] == key}
                    for catalog in (self._before, self._after)
                )
                if was == now and meaning_of(former.fields[key]) == meaning_of(declared.fields[key]):
                    continue
                self._moving.handled.add((name, key))
                self._moving.touched.setdefault(name, set()).update((*was, *now))
                self._moving.switch.append(self._write.remake_columns(name, key, was, now))

    def _refuse_child(self, name: str, key: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        """Two tables of one name cannot stand beside each other while values go over."""
        child = child_table(name, key)
        self._moving.touched[child] = {*self._before.get(child, EMPTY).columns, *self._after.get(child, EMPTY).columns}
        apart = carrying(name, key)
        how = apart if is_own(name, key) else msg("declare a field with another key, and {apart}", apart=apart)
        self._moving.problems.append(Said(could_lose(f"{name}.{key}", meaning_of(was), meaning_of(now), how)))

    def _widen(self, one: _Change) -> None:
        turn = widening(one.before, one.after)
        if turn is None:
            self._moving.refused.append((one.table, one.key, meaning_of(one.was), meaning_of(one.now)))
            return
        if too_large := self._too_large(one):
            self._moving.problems.append(Said(msg(
                "{field}: {values} too large for {now}. Declare fewer decimals, or change these values first.",
                field=f"{one.table}.{one.key}", values=counted(too_large, *VALUES_ARE),
                now=meaning_of(one.now),
            )))
            return
        if not one.is_renamed and (one.before.is_many or self._has_same_columns(one)):
            self._moving.handled.add((one.table, one.key))
            return
        owner = self._types[one.table].owner
        reads = {one.key: Place(_json(one.was), one.table, _identity(one.before))}
        self._add(owner, Walk(one.table, reads, {}), [one])

    def _has_same_columns(self, one: _Change) -> bool:
        if one.before.is_many or one.after.is_many or scale_of(one.before) != scale_of(one.after):
            return False
        was = [(part.name, self._write.definition(part)) for part in one.before.type.columns(one.before.field)]
        return was == [(part.name, self._write.definition(part)) for part in one.after.type.columns(one.after.field)]

    def _too_large(self, one: _Change) -> int:
        most = most_that_fits(one.before, one.after)
        if most is None:
            return 0
        here: ColumnClause[int] = column(one.was["key"])
        return int(self._connection.scalar(
            select(func.count()).select_from(table(one.table)).where(or_(here > most, here < -most))
        ) or 0)

    def _add(self, owner: str, walk: Walk, changes: list[_Change]) -> None:
        """The steps of one walk: make room for the fields that change their type, fill it, and let it take their place."""
        moving, writes = self._moving, dict(walk.writes)
        renames: list[tuple[str, str, str]] = []  # table, name now, name then
        marks: list[Step] = []
        for one in changes:
            moving.handled.add((one.table, one.key))
            if one.after.is_many or one.is_renamed:
                there = child_table(one.table, one.key) if one.after.is_many else one.table
                writes[one.key] = Place(_json(one.now), there, _identity(one.after))
            else:
                writes[one.key] = self._make_room(owner, one, renames)
            self._keep(one, renames)
            marks.append(self._write.mark_changes(owner, one.table, walk.reads[one.key], writes[one.key]))
        moving.expand += marks
        walk = replace(walk, writes=writes)
        target = f"{walk.table}.{changes[0].key}" if changes else f"{walk.table}.{next(iter(writes))}"
        action = "run data step" if walk.script else "convert values"
        turned = ", ".join(f"{meaning_of(one.was)} to {meaning_of(one.now)}" for one in changes)
        note = ": ".join(part for part in (walk.script, turned) if part)
        # What people change meanwhile in rows that it has been over, it does not see.
        risk: Risk = "window" if walk.script else "safe"
        moving.backfill.append(Step(owner, action, target, phase="backfill", risk=risk, lock="none", walk=walk, note=note))
        if changes:
            catch_up = replace(walk, is_catch_up=True, asides={}, writes={one.key: writes[one.key] for one in changes})
            moving.switch.append(replace(self._write.switch_columns(owner, target, marks, renames, catch_up), note=turned))

    def _make_room(self, owner: str, one: _Change, renames: list[tuple[str, str, str]]) -> Place:
        """New columns under other names where the old ones stand in the way."""
        was = _identity(one.before) if not one.before.is_many else {}
        names: dict[str, str] = {}
        for part in one.after.type.columns(one.after.field):
            names[part.name] = f"coming__{part.name}"
            self._moving.expand.append(self._write.add_other_column(owner, one.table, names[part.name], part))
        renames += [(one.table, name, self._former_name(one.table, name)) for name in was]
        renames += [(one.table, there, name) for name, there in names.items()]
        self._moving.touched.setdefault(one.table, set()).update((*was, *names))
        return Place(_json(one.now), one.table, names)

    def _former_name(self, name: str, part: str) -> str:
        taken = {*self._before[name].columns, *self._moving.kept.get(name, {})}
        return next(
            found for number in range(1, 100) if (found := f"former{number if number > 1 else ''}__{part}") not in taken
        )

    def _keep(self, one: _Change, renames: list[tuple[str, str, str]]) -> None:
        why = {"field": one.was["key"], "why": "converted", "due": self._due, "meaning": meaning_of(one.was)}
        if one.before.is_many:
            self._moving.kept.setdefault(child_table(one.table, one.was["key"]), {})[WHOLE] = why
            return
        kept = self._moving.kept.setdefault(one.table, {})
        later = {name: then for there, name, then in renames if there == one.table}
        for part in one.before.type.columns(one.before.field):
            there = later.get(part.name, part.name)
            definition = self._before[one.table].columns[part.name].replace(part.name, there, 1)
            kept[there] = {**why, "definition": definition}


def names_any(definition: str, columns: Iterable[str]) -> bool:
    """Whether an index is made on one of these columns, or on a condition about one."""
    return any(re.search(rf"\b{re.escape(one)}\b", definition.partition(" ON ")[2]) for one in columns)


def _has_no_columns(declared: Mapping[str, Any]) -> bool:
    return declared.get("type") == "computed" and not declared.get("stored")


def _identity(kept: Kept) -> dict[str, str]:
    return {part.name: part.name for part in kept.type.columns(kept.field)}


def _json(declared: Mapping[str, Any]) -> dict[str, Any]:
    return {part: declared[part] for part in ("key", "type", "many", "scale", "length", "choices", "to") if part in declared}
