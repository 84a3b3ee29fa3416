# SPDX-License-Identifier: Apache-2.0
"""One transaction: its connection, its actor, its clock, and the events recorded so far."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, CursorResult, Executable, Table, UpdateBase

from xrm.db.metadata import DECIDES_RIGHTS
from xrm.kept import Kept
from xrm.schema.fields.base import ParseContext

if TYPE_CHECKING:
    from xrm.plugin_host.host import PluginHost
    from xrm.schema.registry import Registry
    from xrm.settings import Settings


@dataclass(frozen=True)
class Limits:
    """What an API token leaves of its user's rights: permissions such as ``customer:read``, and departments (None: all)."""

    scopes: tuple[str, ...]
    departments: frozenset[uuid.UUID] | None = None


@dataclass(frozen=True)
class Actor:
    """Whoever acts: a user, or the system; ``via`` says through which door (web, cli, job, api).

    ``seen_by``: an administrator who looks at the pages as this user; such an actor reads, and writes nothing.
    ``token_id`` names the API token that a user acts by, ``limits`` what it leaves of their rights.
    """

    kind: Literal["user", "system"]
    user_id: uuid.UUID | None = None
    name: str = ""
    language: str = ""
    via: str = "cli"
    seen_by: uuid.UUID | None = None
    token_id: uuid.UUID | None = None
    limits: Limits | None = None


def system_actor(via: str = "cli") -> Actor:
    """The system itself: may do everything; what it does is logged under this name."""
    return Actor(kind="system", name="system", via=via)


@dataclass(slots=True)
class NewEntity:
    """What an entity made in this unit of work consists of; ``roles`` as (id, type, department, values), ``points`` as rows.

    Named like the columns of its row, which it stands for as long as nothing else happened to it.
    """

    id: uuid.UUID
    type: str
    title: str
    title_key: str
    department_id: uuid.UUID
    owner_id: uuid.UUID | None
    values: Mapping[str, Any]
    identifiers: Mapping[str, str]
    version: int = 1
    deleted_at: datetime | None = None
    roles: list[tuple[uuid.UUID, str, uuid.UUID, Mapping[str, Any]]] = field(default_factory=list)
    points: list[Mapping[str, Any]] = field(default_factory=list)


@dataclass
class UnitOfWork:
    """One transaction. ``cache`` holds what was read once for it (rights, departments) under the reader's module name."""

    connection: Connection
    actor: Actor
    now: datetime
    registry: Registry
    host: PluginHost
    settings: Settings
    is_write: bool
    cache: dict[str, Any] = field(default_factory=dict)
    events: list[Any] = field(default_factory=list)
    # Entities whose search documents are made anew before commit; True: they have none yet.
    touched: dict[uuid.UUID, bool] = field(default_factory=dict)
    # Of those without documents, all that there is, so that neither row nor values are read back; nothing here: read it.
    made: dict[uuid.UUID, NewEntity] = field(default_factory=dict)
    kept: Kept = field(default_factory=Kept)  # of the whole process
    # Told after each statement that wrote a table which decides rights, so that no service has to think of it.
    on_changed_rights: Callable[[UnitOfWork], None] | None = None

    @property
    def today(self) -> date:
        """The day of this unit of work, in UTC."""
        return self.now.date()

    @cached_property
    def parse_context(self) -> ParseContext:
        """What parsing of input depends on here."""
        language = self.actor.language or self.settings.language
        return ParseContext(self.settings.country, self.settings.currency, language, self.now)

    def touch(self, entity_id: uuid.UUID, *, is_new: bool = False) -> None:
        """Note that what is derived from this entity (its search documents) has to be made anew."""
        is_new = self.touched[entity_id] = self.touched.get(entity_id, is_new) and is_new
        if not is_new:
            self.made.pop(entity_id, None)

    def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run one statement in this transaction."""
        found = self.connection.execute(statement, parameters)
        if isinstance(statement, UpdateBase) and self.on_changed_rights is not None and _decides_rights(statement):
            self.on_changed_rights(self)
        return found


def _decides_rights(statement: UpdateBase) -> bool:
    return isinstance(statement.table, Table) and DECIDES_RIGHTS.items() <= statement.table.info.items()
