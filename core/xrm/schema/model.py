# SPDX-License-Identifier: Apache-2.0
"""What an entity file, a relationship file and a manifest say, as frozen values: the words of the registry."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["record", "role", "party"]
Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = ("en", "fr")

# What expressions are made of could not be named in one.
EXPRESSION_WORDS = frozenset("and or not in is empty filled if true false".split())
RESERVED_KEYS = EXPRESSION_WORDS | frozenset(
    "id type title title_key version department department_id owner owner_id party party_id since until "
    "created_at created_by updated_at updated_by deleted_at merged_into identifier role source target "
    "valid_from valid_until recorded_at".split()
)


@dataclass(frozen=True)
class Location:
    """Where a declaration stands: file, line and column (both from 1; 0 when unknown)."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Label:
    """A word or sentence in every language of the interface; ``en`` is always there."""

    texts: Mapping[str, str]

    def get(self, language: str) -> str:
        """The text in this language, or in English."""
        return self.texts.get(language) or self.texts["en"]

    def __str__(self) -> str:
        return self.texts["en"]


@dataclass(frozen=True)
class TypeLabel:
    """Names of an entity type: one and many per language, with the gender French needs (``m`` or ``f``)."""

    one: Label
    many: Label
    gender: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """One value of a ``choice`` or ``choices`` field: stored key, label, tone (good, warn, bad, info, neutral)."""

    key: str
    label: Label
    tone: str = "neutral"
    retired: bool = False


@dataclass(frozen=True)
class Field:
    """A typed property of an entity type or of a relationship type."""

    key: str
    type: str
    label: Label
    help: Label | None = None
    required: bool | str = False  # a text is an expression
    default: Any = None  # a text that begins with "=" is an expression
    unique: bool = False
    many: bool = False
    search: Literal["", "strong", "normal", "weak"] = ""
    index: bool = False
    min: Any = None
    max: Any = None
    length: int | None = None
    pattern: str = ""
    scale: int | None = None
    choices: tuple[Choice, ...] = ()
    to: tuple[str, ...] = ()
    inverse: Label | None = None
    dated: bool = False
    if_gone: Literal["", "clear", "remove", "refuse"] = ""
    formula: str = ""
    stored: bool = False
    personal: bool = False
    history: bool = True
    read_only: bool = False
    when: str = ""
    guarded: bool = False
    see: str = ""
    edit: str = ""
    retired: bool = False
    location: Location = Location()


@dataclass(frozen=True)
class MatchRule:
    """One duplicate rule: parties equal in all ``on`` are ``sure``, ``likely`` or ``possible`` duplicates."""

    on: tuple[str, ...]
    certainty: Literal["sure", "likely", "possible"] = "likely"


@dataclass(frozen=True)
class Stages:
    """The path of a record or role: the choice field that holds it, allowed moves, fields asked for on entering."""

    field: str
    moves: Mapping[str, tuple[str, ...]]
    asks: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """A titled group of fields on form and page."""

    label: Label
    fields: tuple[str, ...]


@dataclass(frozen=True)
class PageLayout:
    """Order of a page: at most seven highlights, then sections; fields not named come last."""

    highlights: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True)
class View:
    """A shipped list: columns, condition (expression), sort (``field`` or ``-field``), group, and how it is shown."""

    key: str
    label: Label
    columns: tuple[str, ...] = ()
    where: str = ""
    sort: tuple[str, ...] = ()
    group: str = ""
    shown_as: Literal["list", "board", "calendar", "map"] = "list"
    default: bool = False


@dataclass(frozen=True)
class Privacy:
    """Why personal data is kept (GDPR art. 6), how long, and what happens at the end."""

    basis: str = ""
    keep: str = ""
    at_end: str = ""


@dataclass(frozen=True)
class EntityDeclaration:
    """One entity file, checked for itself; what it names elsewhere is checked when the registry is built."""

    plugin: str
    name: str
    kind: Kind
    label: TypeLabel
    fields: Mapping[str, Field]
    title: str = ""
    sort_as: str = ""
    subtitle: str = ""
    of: tuple[str, ...] = ()
    single: bool = False
    revision: int = 1
    renamed: Mapping[str, str] = field(default_factory=dict)
    help: Label | None = None
    icon: str = ""
    color: str = ""
    contactable: str = ""
    match: tuple[MatchRule, ...] = ()
    stages: Stages | None = None
    page: PageLayout = PageLayout()
    views: Mapping[str, View] = field(default_factory=dict)
    access: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    privacy: Privacy = Privacy()
    interchange: Mapping[str, Any] = field(default_factory=dict)
    samples: tuple[Mapping[str, Any], ...] = ()
    location: Location = Location()


@dataclass(frozen=True)
class RelationshipDeclaration:
    """One relationship type: labels of both directions, allowed ends, cardinality, fields."""

    plugin: str
    name: str
    forward: Label
    reverse: Label
    source: tuple[str, ...]
    target: tuple[str, ...]
    cardinality: Literal["one_to_one", "one_to_many", "many_to_one", "many_to_many"] = "many_to_many"
    symmetric: bool = False
    acyclic: bool = False
    fields: Mapping[str, Field] = field(default_factory=dict)
    help: Label | None = None
    icon: str = ""
    location: Location = Location()


@dataclass(frozen=True)
class InteractionKind:
    """A kind of interaction (note, call, meeting …): label, icon, and whether a person records it by hand."""

    plugin: str
    name: str
    label: Label
    icon: str = ""
    by_hand: bool = True
    location: Location = Location()
