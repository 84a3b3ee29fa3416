# SPDX-License-Identifier: Apache-2.0
"""What the macros draw: a field of a form, a value in a cell, a person or organization, an entry of a menu."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

HUES = ("indigo", "teal", "amber", "rose", "sky", "violet", "emerald", "slate", "orange", "cyan", "pink", "lime")
ROLE_HUES = frozenset(HUES[:10])


@dataclass(frozen=True)
class Option:
    """One value to choose: what is sent, what is read, and for choices the tone."""

    value: str
    label: str
    tone: str = "neutral"
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class FieldInput:
    """One field of a form, ready to draw by ``fields.field``; texts are already in the reader's language.

    ``kind`` is the field type's ``input``. ``value`` is form text; ``values`` holds several (multiselect, tags) and
    ``parts`` the pieces of an address, a money amount (``amount``, ``currency``) or a duration (``hours``, ``minutes``).
    Inputs of a part are named ``<name>__<part>``. ``choices`` also holds the current target of a link. ``depends`` names the
    fields that decide whether this one ``applies``; forms.js hides it where it does not.
    """

    name: str
    kind: str
    label: str
    value: str = ""
    values: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[Option, ...] = ()
    help: str = ""
    errors: tuple[str, ...] = ()
    required: bool = False
    read_only: bool = False
    autofocus: bool = False
    placeholder: str = ""
    autocomplete: str = ""
    length: int | None = None
    min: str = ""
    max: str = ""
    step: str = ""
    unit: str = ""
    search_url: str = ""
    wide: bool = False
    depends: str = ""
    applies: bool = True

    @property
    def id(self) -> str:
        """The id of the input, to which the error summary links."""
        return "f-" + self.name

    @property
    def is_wide(self) -> bool:
        """Whether it takes the whole width of a form of two columns."""
        return self.wide or self.kind in ("textarea", "rich", "address", "json", "tags", "multiselect")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One value, ready to draw by ``cells.cell``: ``kind`` is the field type's ``cell``, ``text`` is already formatted.

    ``value`` is the machine's form (ISO date, address of a link, number of stars); ``items`` are tags or linked entities.
    """

    kind: str = "text"
    text: str = ""
    value: str = ""
    href: str = ""
    tone: str = "neutral"
    items: tuple[Cell, ...] = ()
    entity: Face | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.text or self.value or self.items or self.entity)

    @property
    def is_right(self) -> bool:
        """Whether it stands at the right of its column, as numbers do."""
        return self.kind in ("number", "money", "percent", "duration")


@dataclass(frozen=True)
class Face:
    """How an entity is recognised at a glance: round for persons, square for all else, colour from the id."""

    id: str
    title: str
    href: str = ""
    round: bool = False
    subtitle: str = ""
    icon: str = ""

    @property
    def initials(self) -> str:
        """Two letters: of the first and last name of a person, else of the first two words (the last one is often "Ltd")."""
        words = [word for word in self.title.replace("-", " ").split() if word[:1].isalnum()]
        if not words:
            return "?"
        if len(words) == 1:
            return words[0][:2].upper()
        return (words[0][0] + words[-1 if self.round else 1][0]).upper()

    @property
    def hue(self) -> str:
        """One of the twelve colours, always the same for this entity."""
        return hue_of(self.id)


@dataclass(frozen=True)
class RoleChip:
    """A role in its colour; ``ended`` ones are drawn as outline."""

    label: str
    color: str = "slate"
    icon: str = ""
    href: str = ""
    ended: bool = False
    department: str = ""

    @property
    def hue(self) -> str:
        """The colour of the role type, or slate for one that we do not have."""
        return self.color if self.color in ROLE_HUES else "slate"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table: ``sort_href`` makes the head a link, ``sorted`` is ``ascending``, ``descending`` or empty.

    ``added``: the reader chose it beyond those of the view, so it is scrolled into sight.
    """

    key: str
    label: str
    right: bool = False
    sort_href: str = ""
    sorted: str = ""
    added: bool = False


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of a table: its entity, then a cell per further column, and the entries of its menu."""

    id: str
    entity: Face
    cells: tuple[Cell, ...] = ()
    actions: tuple[Action, ...] = ()
    chips: tuple[RoleChip, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Action:
    """An entry of a menu or a button: a link (``href``) or, with ``post``, a form that changes something."""

    label: str
    href: str = ""
    icon: str = ""
    post: bool = False
    bad: bool = False
    current: bool = False
    key: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


def hue_of(identity: str | UUID) -> str:
    """One of the twelve colours for an id. The tail of a UUIDv7 is random, its head is the time."""
    text = str(identity)
    return HUES[sum(text[-6:].encode()) * 7 % len(HUES)]
