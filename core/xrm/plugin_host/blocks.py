# SPDX-License-Identifier: Apache-2.0
"""What a panel or card is made of: blocks that say what to show and leave the look to the web."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Literal

from xrm.errors import Message
from xrm.schema.model import Label

Text = Label | Message | str
Tone = Literal["neutral", "good", "warn", "bad", "info"]
_SAFE_URL = re.compile(r"(?:/(?![/\\])|https?://|mailto:|tel:|#)[^\s\\]*\Z", re.IGNORECASE)


def label(en: str, fr: str) -> Label:
    """A label in both languages."""
    return Label({"en": en, "fr": fr})


@dataclass(frozen=True)
class Link:
    """A way to go on: to an entity, to the list of an entity type, or to a URL (a path, http, https, mailto or tel)."""

    label: Text
    entity: uuid.UUID | None = None
    list_of: str = ""
    view: str = ""
    url: str = ""
    icon: str = ""

    def __post_init__(self) -> None:
        if self.url and not _SAFE_URL.match(self.url):
            raise ValueError(f"a link cannot lead to {self.url!r}: write a path, or an address with http, https, mailto or tel")
        if not (self.entity or self.list_of or self.url):
            raise ValueError("a link needs one of entity, list_of, url")


Cell = Text | int | Decimal | float | date | datetime | Link | None


@dataclass(frozen=True)
class FieldsBlock:
    """Labelled values one under the other."""

    kind: ClassVar[str] = "fields"
    rows: tuple[tuple[Text, Cell], ...]


@dataclass(frozen=True)
class MetricBlock:
    """One number with its label; ``maximum`` draws it as a part of a whole."""

    kind: ClassVar[str] = "metric"
    label: Text
    value: Cell
    tone: Tone = "neutral"
    hint: Text = ""
    maximum: int | None = None


@dataclass(frozen=True)
class TextBlock:
    """A paragraph of plain text; markup in it is shown, not obeyed."""

    kind: ClassVar[str] = "text"
    text: Text
    tone: Tone = "neutral"


@dataclass(frozen=True)
class LinksBlock:
    """Links one under the other."""

    kind: ClassVar[str] = "links"
    links: tuple[Link, ...]


@dataclass(frozen=True)
class ListBlock:
    """The first entities of a type that the reader may see; ``filters`` are (field, operator, value)."""

    kind: ClassVar[str] = "list"
    type: str
    where: str = ""
    filters: tuple[tuple[str, str, object], ...] = ()
    columns: tuple[str, ...] = ()
    sort: tuple[str, ...] = ("title",)
    limit: int = 5


@dataclass(frozen=True)
class RelatedBlock:
    """Entities related to the one shown by a relationship type, both directions, as far as the reader may see them."""

    kind: ClassVar[str] = "related"
    relationship_type: str
    limit: int = 5


@dataclass(frozen=True)
class Step:
    """One step of a path."""

    label: Text
    state: Literal["done", "current", "todo"] = "todo"


@dataclass(frozen=True)
class StepsBlock:
    """A path and how far one has come on it."""

    kind: ClassVar[str] = "steps"
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class TableBlock:
    """A small table; each row has as many cells as there are columns."""

    kind: ClassVar[str] = "table"
    columns: tuple[Text, ...]
    rows: tuple[tuple[Cell, ...], ...] = field(default=())


Block = FieldsBlock | MetricBlock | TextBlock | LinksBlock | ListBlock | RelatedBlock | StepsBlock | TableBlock
