# SPDX-License-Identifier: Apache-2.0
"""What plugins return from hooks, and what they are handed: frozen values without any look."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from xrm.errors import Message
from xrm.plugin_host.blocks import Block, Link, Text, Tone
from xrm.schema.model import Field

if TYPE_CHECKING:
    from xrm.unit_of_work import UnitOfWork

Slot = Literal["record.panel", "record.tab", "record.highlight", "record.alert"]


@dataclass(frozen=True)
class Panel:
    """A box on the page of an entity, made of ``blocks`` or of a ``template`` of the plugin with its ``context``.

    With ``build`` the content is made later, in a request of its own: the page does not wait for it. ``build`` gets the unit of
    work and returns the blocks. ``permission`` (``subject:verb``) hides the panel from whoever lacks it.
    """

    key: str
    label: Text
    blocks: tuple[Block, ...] = ()
    template: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    build: Callable[[UnitOfWork], Sequence[Block]] | None = None
    order: int = 100
    icon: str = ""
    slot: Slot = "record.panel"
    permission: str = ""

    @property
    def is_lazy(self) -> bool:
        """Whether the content is made in a request of its own."""
        return self.build is not None


@dataclass(frozen=True)
class Card:
    """A box on the home page; its content as in ``Panel``."""

    key: str
    label: Text
    blocks: tuple[Block, ...] = ()
    template: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    build: Callable[[UnitOfWork], Sequence[Block]] | None = None
    order: int = 100
    icon: str = ""
    permission: str = ""

    @property
    def is_lazy(self) -> bool:
        """Whether the content is made in a request of its own."""
        return self.build is not None


@dataclass(frozen=True)
class Action:
    """A button on the page of an entity that leads to ``link`` or does ``run`` in a write unit of work of its own.

    ``run`` gets the unit of work, the entity's id and the values of ``asks`` (fields asked for before), may be called twice, and
    returns the sentence to show. ``permission`` is checked before; ``confirm`` is a question asked before,
    ``submit`` what the button below ``asks`` says instead of ``label``; ``blocked`` says why it cannot be done now and how that
    is mended: then its page has this sentence and nothing to press.
    """

    key: str
    label: Text
    link: Link | None = None
    run: Callable[[UnitOfWork, uuid.UUID, Mapping[str, Any]], Message] | None = None
    asks: tuple[Field, ...] = ()
    confirm: Text = ""
    permission: str = ""
    icon: str = ""
    tone: Tone = "neutral"
    order: int = 100
    submit: Text = ""
    blocked: Text = ""

    def __post_init__(self) -> None:
        if (self.link is None) == (self.run is None):
            raise ValueError(f"the action {self.key} needs either link or run")


@dataclass(frozen=True)
class MenuItem:
    """An entry of the menu; without the right ``permission`` it is not shown."""

    key: str
    link: Link
    permission: str = ""
    order: int = 100


@dataclass(frozen=True)
class HealthCheck:
    """What a plugin found out about itself: the state, what it means, and what to do about it."""

    key: str
    label: Text
    state: Literal["good", "warn", "bad"]
    message: Text
    remedy: Text = ""


@dataclass(frozen=True)
class EntityChange:
    """One entity about to be written: ``before`` is None when it is new, ``after`` is None when it goes; values by field key.

    ``entity_id`` is the role's own id for a role; ``party_id`` says whose role it is.
    """

    type: str
    entity_id: uuid.UUID
    department: uuid.UUID | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    party_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Refusal:
    """Why a change must not be made; ``field`` names the field at fault (empty for the whole entity)."""

    change: EntityChange
    message: Message
    field: str = ""


@dataclass(frozen=True)
class HiddenBy:
    """A record of ``marker``, a type of the plugin itself, hides the row that its field ``link`` leads to (empty: itself).

    While ``condition`` holds for it: an expression over its fields; empty for always, unknown hides. The owner of the row and
    that of the marker see the row all the same, and so do those whose address of sign-in stands in the field ``readers`` (of
    many texts), and who has ``permission`` in the department of the marker.
    """

    marker: str
    condition: str = ""
    link: str = ""
    readers: str = ""
    permission: str = ""


@dataclass(frozen=True)
class Narrowing:
    """Rows of ``type`` are seen only where ``condition`` holds: an expression over the fields of the type; unknown hides.

    ``hidden_by`` instead of it, or beside it: rows are hidden by records of the plugin that lead to them.
    """

    type: str
    condition: str = ""
    hidden_by: HiddenBy | None = None
