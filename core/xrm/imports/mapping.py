# SPDX-License-Identifier: Apache-2.0
"""What a mapping file says, as frozen values: how one row becomes parties, records, roles, relationships and interactions."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class SourceOptions:
    """How the file is to be read; empty means that it is guessed."""

    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    header_row: int = 1
    empty: tuple[str, ...] = ("",)
    overflow: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReferenceSpec:
    """An entity meant by a row: a thing of the row by its name, or whatever ``system`` calls by ``key``."""

    thing: str = ""
    system: str = ""
    key: ValueSpec | None = None


@dataclass(frozen=True)
class ValueSpec:
    """Where one value comes from: a column, a template, a constant or a reference, and what is done with it."""

    column: str = ""
    text: str = ""
    value: Any = None
    values: Dictionary[str, Any] = field(default_factory=dict)
    default: Any = None
    take: str = ""
    clear: bool = False
    refer: ReferenceSpec | None = None


Values = Dictionary[str, ValueSpec]


@dataclass(frozen=True)
class RoleSpec:
    """A role of a party of the row."""

    role: str
    department: str = ""
    when: str = ""
    since: ValueSpec | None = None
    until: ValueSpec | None = None
    fields: Values = field(default_factory=dict)


@dataclass(frozen=True)
class ContactPointSpec:
    """An address of a thing of the row; ``parts`` for postal ones, ``value`` for all others."""

    kind: str
    value: ValueSpec | None = None
    parts: Values = field(default_factory=dict)
    label: str = ""
    country_from: str = ""
    lenient: bool = False
    preferred: bool = False


@dataclass(frozen=True)
class ThingSpec:
    """One party or record of a row."""

    name: str
    type: str
    when: str = ""
    department: str = ""
    identifiers: Values = field(default_factory=dict)
    match: tuple[str, ...] = ()
    fields: Values = field(default_factory=dict)
    roles: tuple[RoleSpec, ...] = ()
    contact_points: tuple[ContactPointSpec, ...] = ()


@dataclass(frozen=True)
class RelationshipSpec:
    """A relationship between two entities meant by the row."""

    relationship: str
    source: ReferenceSpec
    target: ReferenceSpec
    when: str = ""
    valid_from: ValueSpec | None = None
    valid_until: ValueSpec | None = None
    fields: Values = field(default_factory=dict)


@dataclass(frozen=True)
class InteractionSpec:
    """An interaction; ``identifier`` tells it from all others, so that a second run does not record it again."""

    interaction: str
    identifier: ReferenceSpec
    participants: tuple[ReferenceSpec, ...]
    when: str = ""
    department: str = ""
    texts: Values = field(default_factory=dict)


@dataclass(frozen=True)
class Mapping:
    """A whole mapping file, checked against the registry; ``lines`` says on which line a column is named first."""

    file: str
    source: SourceOptions
    department: str
    things: tuple[ThingSpec, ...]
    relationships: tuple[RelationshipSpec, ...]
    interactions: tuple[InteractionSpec, ...]
    lines: Dictionary[str, int] = field(default_factory=dict)
