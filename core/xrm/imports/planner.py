# SPDX-License-Identifier: Apache-2.0
"""From rows to plans: a mapping bound to the columns of one file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from xrm.imports.mapping import (
    ContactPointSpec,
    InteractionSpec,
    Mapping,
    ReferenceSpec,
    RelationshipSpec,
    RoleSpec,
    ThingSpec,
    Values,
    ValueSpec,
)
from xrm.imports.plan import (
    End,
    FieldValues,
    InteractionPlan,
    PointPlan,
    RelationshipPlan,
    RolePlan,
    RowPlan,
    ThingPlan,
)
from xrm.imports.table import Row
from xrm.imports.values import BoundValue, Cells, Columns, required_text

Condition = Callable[[Cells], bool]
EndReader = Callable[[Cells], End | None]


class Planner:
    """Makes the plan of each row of one file.

    Raises:
        InvalidInput: at once, when the mapping names columns that the file has not.
    """

    def __init__(self, mapping: Mapping, columns: Columns) -> None:
        self._columns = columns
        self._empty = frozenset(mapping.source.empty) | {""}
        self._things = [(thing, self._when(thing.when), self._thing(thing)) for thing in mapping.things]
        self._relationships = [(self._when(link.when), self._relationship(link)) for link in mapping.relationships]
        self._interactions = [(self._when(item.when), self._interaction(item)) for item in mapping.interactions]
        columns.require_all()

    def plan(self, row: Row) -> RowPlan:
        """What the row says.

        Raises:
            InvalidInput: when a key is empty.
        """
        empty = self._empty
        cells: Cells = [None if (text := cell.strip()) in empty else text for cell in row.cells]
        things = {spec.name: read(cells) for spec, when, read in self._things if when is None or when(cells)}
        relationships = []
        for when, read_link in self._relationships:
            link = read_link(cells, things) if when is None or when(cells) else None
            if link is not None:
                relationships.append(link)
        interactions = [read_item(cells, things) for when, read_item in self._interactions if when is None or when(cells)]
        return RowPlan(row.line, row.cells, things, relationships, interactions)

    def _when(self, column: str) -> Condition | None:
        if not column:
            return None
        position = self._columns.position(column)
        return (lambda _cells: False) if position is None else (lambda cells: cells[position] is not None)

    def _value(self, spec: ValueSpec | None) -> Callable[[Cells], Any]:
        return (lambda _cells: None) if spec is None else BoundValue(spec, self._columns).read

    def _end(self, spec: ReferenceSpec) -> EndReader:
        if spec.thing:
            end = End(thing=spec.thing)
            return lambda _cells: end
        read, system = self._value(spec.key), spec.system

        def read_end(cells: Cells) -> End | None:
            key = read(cells)
            return None if key is None else End(key=(system, required_text(key, system)))

        return read_end

    def _values(self, specs: Values) -> Callable[[Cells], FieldValues]:
        plain = [(key, BoundValue(spec, self._columns)) for key, spec in specs.items() if spec.refer is None]
        bound = [(key, one.read, one.clear) for key, one in plain if one.is_there]
        links = [(key, self._end(spec.refer)) for key, spec in specs.items() if spec.refer is not None]

        def read(cells: Cells) -> FieldValues:
            filled, cleared = {}, []
            for key, one, clear in bound:
                value = one(cells)
                if value is not None:
                    filled[key] = value
                elif clear:
                    cleared.append(key)
            ends = {key: end for key, read_end in links if (end := read_end(cells)) is not None} if links else {}
            return FieldValues(filled, tuple(cleared), ends)

        return read

    def _thing(self, spec: ThingSpec) -> Callable[[Cells], ThingPlan]:
        identifiers = [(system, self._value(key)) for system, key in spec.identifiers.items()]
        values = self._values(spec.fields)
        roles = [(self._when(role.when), self._role(role)) for role in spec.roles]
        points = [self._point(point) for point in spec.contact_points]
        is_matched = bool(spec.match)

        def read(cells: Cells) -> ThingPlan:
            keys = {system: key(cells) for system, key in identifiers}
            if is_matched:
                keys = {system: key for system, key in keys.items() if key is not None}
            keys = {system: required_text(key, f"{spec.name}.{system}") for system, key in keys.items()}
            held = [role(cells) for when, role in roles if when is None or when(cells)]
            addresses = [one for point in points if (one := point(cells)) is not None]
            return ThingPlan(spec, keys, tuple(keys.items()), values(cells), held, addresses)

        return read

    def _role(self, spec: RoleSpec) -> Callable[[Cells], RolePlan]:
        values, since, until = self._values(spec.fields), self._value(spec.since), self._value(spec.until)
        return lambda cells: RolePlan(spec, values(cells), since(cells), until(cells))

    def _point(self, spec: ContactPointSpec) -> Callable[[Cells], PointPlan | None]:
        value = self._value(spec.value)
        parts = [(name, self._value(part), bool(part.column or part.text)) for name, part in spec.parts.items()]
        country = self._columns.position(spec.country_from) if spec.country_from else None

        def read(cells: Cells) -> PointPlan | None:
            if not parts:
                raw = value(cells)
                return None if raw is None else PointPlan(spec, raw, None if country is None else cells[country])
            address = {name: str(one) for name, part, _ in parts if (one := part(cells)) is not None}
            # A country alone tells nobody where to send a letter.
            is_address = any(name != "country" and from_file for name, _, from_file in parts if name in address)
            return PointPlan(spec, address, None) if is_address else None

        return read

    def _relationship(self, spec: RelationshipSpec) -> Callable[[Cells, dict[str, ThingPlan]], RelationshipPlan | None]:
        source, target, values = self._end(spec.source), self._end(spec.target), self._values(spec.fields)
        begin, end = self._value(spec.valid_from), self._value(spec.valid_until)

        def read(cells: Cells, things: dict[str, ThingPlan]) -> RelationshipPlan | None:
            first, second = source(cells), target(cells)
            if first is None or second is None or not (_is_there(first, things) and _is_there(second, things)):
                return None  # without both ends there is nothing to relate
            return RelationshipPlan(spec, first, second, values(cells), begin(cells), end(cells))

        return read

    def _interaction(self, spec: InteractionSpec) -> Callable[[Cells, dict[str, ThingPlan]], InteractionPlan]:
        key, system = self._value(spec.identifier.key), spec.identifier.system
        ends: Sequence[EndReader] = [self._end(end) for end in spec.participants]
        texts = {name: self._value(one) for name, one in spec.texts.items()}

        def read(cells: Cells, things: dict[str, ThingPlan]) -> InteractionPlan:
            people = [end for one in ends if (end := one(cells)) is not None and _is_there(end, things)]
            said = {name: text for name, one in texts.items() if (text := one(cells)) is not None}
            return InteractionPlan(spec, (system, required_text(key(cells), system)), people, said)

        return read


def _is_there(end: End, things: dict[str, ThingPlan]) -> bool:
    return not end.thing or end.thing in things
