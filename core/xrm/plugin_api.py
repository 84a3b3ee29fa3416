# SPDX-License-Identifier: Apache-2.0
"""The one module a plugin imports; what ``__all__`` names is the contract, and changes only with its version.

Everything here takes the unit of work and acts with the rights of its actor, as far as the plugin's manifest asks for it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select
from sqlalchemy import select as sql_select

from xrm.access.policy import visible_entity
from xrm.channels.contract import Channel, OutgoingMessage, SendResult
from xrm.channels.service import write_message as write_message_of_core
from xrm.contact_points.models import contact_point
from xrm.contact_points.queries import visible_contact_point
from xrm.current_plugin import current_plugin
from xrm.entities.models import entity
from xrm.entities.queries import Entity
from xrm.entities.selection import choose, named_columns, select_entities
from xrm.entities.service import create_entity as create_entity_of_core
from xrm.entities.service import update_entity as update_entity_of_core
from xrm.errors import InvalidInput, Message, NotFound, PermissionDenied, PluginError, msg
from xrm.interactions.models import interaction, interaction_participant
from xrm.interactions.queries import visible_interaction
from xrm.interactions.service import record_interaction as record_interaction_of_core
from xrm.plugin_host.asking import as_system, held_to, require_asked
from xrm.plugin_host.blocks import (
    FieldsBlock,
    Link,
    LinksBlock,
    ListBlock,
    MetricBlock,
    RelatedBlock,
    Step,
    StepsBlock,
    TableBlock,
    TextBlock,
    label,
)
from xrm.plugin_host.contract import PLUGIN_API_VERSION
from xrm.plugin_host.contributions import Action, Card, EntityChange, HealthCheck, HiddenBy, MenuItem, Narrowing, Panel, Refusal
from xrm.plugin_host.hookspecs import hookimpl
from xrm.plugin_settings.queries import settings_for
from xrm.relationships.models import relationship
from xrm.relationships.queries import visible_relationship
from xrm.relationships.service import relate as relate_of_core
from xrm.schema.fields.base import FieldType
from xrm.schema.model import Choice, Field, Label
from xrm.scores.contract import Band, Reason, ScoreModel, ScoreRow
from xrm.scores.queries import list_scores as list_scores_of_core
from xrm.unit_of_work import UnitOfWork

__all__ = [
    "PLUGIN_API_VERSION",
    "Action",
    "Band",
    "Card",
    "Channel",
    "Choice",
    "Entity",
    "EntityChange",
    "Field",
    "FieldType",
    "FieldsBlock",
    "HealthCheck",
    "HiddenBy",
    "InvalidInput",
    "Label",
    "Link",
    "LinksBlock",
    "ListBlock",
    "MenuItem",
    "Message",
    "MetricBlock",
    "Narrowing",
    "NotFound",
    "OutgoingMessage",
    "Panel",
    "PermissionDenied",
    "Reason",
    "Refusal",
    "RelatedBlock",
    "ScoreModel",
    "ScoreRow",
    "SendResult",
    "Step",
    "StepsBlock",
    "TableBlock",
    "TextBlock",
    "UnitOfWork",
    "as_system",
    "create_entity",
    "hookimpl",
    "label",
    "list_scores",
    "msg",
    "own_settings",
    "record_interaction",
    "relate",
    "select",
    "update_entity",
    "write_message",
]
_ALSO_CALLED = {"participation": "interaction_participant"}  # the former name of the same rows


def _type_of(uow: UnitOfWork, entity_id: uuid.UUID, *_: Any, **__: Any) -> str:
    return uow.execute(sql_select(entity.c.type).where(entity.c.id == entity_id)).scalar() or ""


create_entity = held_to("writes", lambda _uow, type_name, *_, **__: type_name, create_entity_of_core)
update_entity = held_to("writes", _type_of, update_entity_of_core)
relate = held_to("writes", lambda _uow, type_name, *_, **__: type_name, relate_of_core)
record_interaction = held_to("writes", lambda *_, **__: "interaction", record_interaction_of_core)
write_message = held_to("sends", lambda _uow, channel, *_, **__: channel, write_message_of_core)
list_scores = held_to("reads", lambda *_, **__: "score", list_scores_of_core)


def select(uow: UnitOfWork, type: str, columns: Iterable[str] = (), where: str = "") -> Select[Any]:  # noqa: A002  # the contract's word
    """What the actor may see, as a SELECT to be executed, joined as a subquery, or aggregated.

    ``type`` is an entity type, or one of ``contact_point``, ``interaction``, ``interaction_participant`` (one row for each
    interaction and entity that took part) and ``relationship``. ``columns`` names what is wanted (``id`` alone, if nothing);
    ``where`` is an expression over the fields of an entity type. Columns that lead elsewhere are called ``entity``,
    ``department``, ``party`` …

    Raises:
        NotFound: for an unknown type.
        InvalidInput: for an unknown column, or an expression that cannot be read.
        PluginError: when the plugin's manifest does not ask for reading this type.
    """
    require_asked(uow, "reads", _ALSO_CALLED.get(type, type))
    # Entity types go first: a plugin may call one of its own by a name that stood for rows before.
    rows = None if type in uow.registry.entity_types else _rows(uow, type)
    if rows is None:
        return select_entities(uow, type, columns, where)
    if where:
        raise InvalidInput(msg("where is for entity types only. Add conditions to the SELECT of {type} by .where().", type=type))
    table, known, condition = rows
    wanted = [choose(known, name) for name in (*columns,) or ("id",)]
    return sql_select(*wanted).select_from(table).where(condition)


def own_settings(uow: UnitOfWork, department: uuid.UUID | None = None) -> dict[str, str]:
    """The settings of the plugin that asks, as they hold in a department; without one, those that hold everywhere.

    Raises:
        PluginError: when it is not the code of a plugin that asks.
    """
    plugin = current_plugin()
    if not plugin:
        raise PluginError("", msg("Only the code of a plugin has settings of its own."))
    return settings_for(uow, plugin, department)


def _rows(uow: UnitOfWork, name: str) -> tuple[FromClause, dict[str, ColumnElement[Any]], ColumnElement[bool]] | None:
    """The rows that are no entities: where they are, what their columns are called, which of them are visible."""
    if name == "contact_point":
        table = contact_point.join(entity, entity.c.id == contact_point.c.entity_id)
        return table, named_columns(contact_point), visible_contact_point(uow)
    if name == "interaction":
        return interaction, named_columns(interaction), visible_interaction(uow)
    if name in ("interaction_participant", "participation"):  # the latter is the former name of the same
        part = interaction_participant
        table = interaction.join(part, part.c.interaction_id == interaction.c.id).join(entity, entity.c.id == part.c.entity_id)
        known = named_columns(interaction) | {"entity": part.c.entity_id, "at": part.c.at}
        return table, known, visible_interaction(uow) & visible_entity(uow)
    if name == "relationship":
        return relationship, named_columns(relationship), visible_relationship(uow)
    return None
