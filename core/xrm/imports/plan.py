# SPDX-License-Identifier: Apache-2.0
"""What one row says, before the database is asked: things with their values, roles, addresses, relationships, interactions."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from typing import Any

from xrm.imports.mapping import ContactPointSpec, InteractionSpec, RelationshipSpec, RoleSpec, ThingSpec

Key = tuple[str, str]  # system, key


@dataclass(frozen=True, slots=True)
class End:
    """An entity meant by a row: the name of one of its things, or an identifier."""

    thing: str = ""
    key: Key | None = None


@dataclass(slots=True)
class FieldValues:
    """Values by field: those filled in, the fields to empty, and the links that wait for an id."""

    filled: dict[str, Any]
    cleared: tuple[str, ...] = ()
    links: dict[str, End] = field(default_factory=dict)


@dataclass(slots=True)
class RolePlan:
    """A role of a thing."""

    spec: RoleSpec
    values: FieldValues
    since: Any = None
    until: Any = None


@dataclass(slots=True)
class PointPlan:
    """An address of a thing: its raw value and the country a telephone number is of."""

    spec: ContactPointSpec
    value: Any
    country: str | None


@dataclass(slots=True)
class ThingPlan:
    """A party or record."""

    spec: ThingSpec
    identifiers: dict[str, str]
    keys: tuple[Key, ...]  # the same, as they are looked for
    values: FieldValues
    roles: list[RolePlan]
    points: list[PointPlan]

    def ends(self) -> list[End]:
        """What its links, and those of its roles, lead to."""
        found = [*self.values.links.values()]
        for role in self.roles:
            found += role.values.links.values()
        return found


@dataclass(slots=True)
class RelationshipPlan:
    """A relationship."""

    spec: RelationshipSpec
    source: End
    target: End
    values: FieldValues
    valid_from: Any = None
    valid_until: Any = None


@dataclass(slots=True)
class InteractionPlan:
    """An interaction."""

    spec: InteractionSpec
    key: Key
    participants: list[End]
    texts: Dictionary[str, Any]


@dataclass(slots=True)
class RowPlan:
    """All that a row says; ``cells`` as they stood in the file.

    ``own_keys`` are the identifiers of its things, ``needed_keys`` those of what it refers to and does not bring itself.
    """

    line: int
    cells: list[str]
    things: dict[str, ThingPlan]
    relationships: list[RelationshipPlan]
    interactions: list[InteractionPlan]
    own_keys: set[Key] = field(init=False)
    needed_keys: set[Key] = field(init=False)

    def __post_init__(self) -> None:
        """Note the identifiers, which are asked for several times."""
        self.own_keys = {key for thing in self.things.values() for key in thing.keys}
        ends = [end for thing in self.things.values() for end in thing.ends()]
        for link in self.relationships:
            ends += [link.source, link.target, *link.values.links.values()]
        for item in self.interactions:
            ends += item.participants
        self.needed_keys = {end.key for end in ends if end.key is not None} - self.own_keys if ends else set()

    def claims(self) -> set[tuple[Any, ...]]:
        """What makes two rows speak of one thing: its identifiers, or the values it is matched by."""
        found: set[tuple[Any, ...]] = {*self.own_keys}  # pairs; what follows is longer
        for thing in self.things.values():
            if thing.spec.match:
                compared = (str(thing.values.filled.get(key)).casefold() for key in thing.spec.match)
                found.add(("match", thing.spec.type, *compared))
        found.update(("interaction", *item.key) for item in self.interactions)
        return found
