# SPDX-License-Identifier: Apache-2.0
"""Every point where core asks plugins: arguments, what is returned, and what happens when a plugin fails there.

``register_*`` is asked once at start; a plural noun is asked per request, of the plugins that are on in the department. Each hook
returns a list of one type. Core calls by keyword, so a plugin may take fewer arguments than a hook offers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pluggy

from xrm.channels.contract import Channel
from xrm.plugin_host.contributions import Action, Card, EntityChange, HealthCheck, MenuItem, Narrowing, Panel, Refusal
from xrm.schema.fields.base import FieldType
from xrm.schema.model import EntityDeclaration, InteractionKind, RelationshipDeclaration
from xrm.scores.contract import ScoreModel

if TYPE_CHECKING:
    from xrm.entities.queries import Entity
    from xrm.unit_of_work import UnitOfWork

hookspec = pluggy.HookspecMarker("xrm")
hookimpl = pluggy.HookimplMarker("xrm")


@dataclass(frozen=True)
class HookRule:
    """What a hook's list holds, and the policy for a failure: the plugin is off, left out, stops the work, or hides rows."""

    returns: type
    on_failure: Literal["plugin_off", "left_out", "stops_work", "hides"]


HOOKS = {
    "register_field_types": HookRule(FieldType, "plugin_off"),
    "register_entity_types": HookRule(EntityDeclaration, "plugin_off"),
    "register_relationship_types": HookRule(RelationshipDeclaration, "plugin_off"),
    "register_interaction_kinds": HookRule(InteractionKind, "plugin_off"),
    "register_score_models": HookRule(ScoreModel, "plugin_off"),
    "register_channels": HookRule(Channel, "plugin_off"),
    "panels": HookRule(Panel, "left_out"),
    "actions": HookRule(Action, "left_out"),
    "menu_items": HookRule(MenuItem, "left_out"),
    "dashboard_cards": HookRule(Card, "left_out"),
    "health_checks": HookRule(HealthCheck, "left_out"),
    "validate_entities": HookRule(Refusal, "stops_work"),
    "narrow_visibility": HookRule(Narrowing, "hides"),
}


@hookspec
def register_entity_types() -> list[EntityDeclaration]:  # type: ignore[empty-body]
    """Entity types computed by the plugin; those in its ``entities/*.yaml`` are registered by themselves."""


@hookspec
def register_relationship_types() -> list[RelationshipDeclaration]:  # type: ignore[empty-body]
    """Relationship types computed by the plugin; those in its ``relationships.yaml`` are registered by themselves."""


@hookspec
def register_interaction_kinds() -> list[InteractionKind]:  # type: ignore[empty-body]
    """Kinds of interaction computed by the plugin; those in its ``interactions.yaml`` are registered by themselves."""


@hookspec
def register_field_types() -> list[FieldType]:  # type: ignore[empty-body]
    """Types of field that entity files of this plugin, and of those that require it, may name."""


@hookspec
def register_score_models() -> list[ScoreModel]:  # type: ignore[empty-body]
    """Ways to compute a number with reasons about entities."""


@hookspec
def register_channels() -> list[Channel]:  # type: ignore[empty-body]
    """Ways to send a message."""


@hookspec
def panels(uow: UnitOfWork, entity: Entity) -> list[Panel]:  # type: ignore[empty-body]
    """Boxes on the page of ``entity`` (a party or a record the reader may see)."""


@hookspec
def actions(uow: UnitOfWork, entity: Entity) -> list[Action]:  # type: ignore[empty-body]
    """Buttons on the page of ``entity``."""


@hookspec
def menu_items(uow: UnitOfWork) -> list[MenuItem]:  # type: ignore[empty-body]
    """Entries of the menu besides the entity types, which are there by themselves."""


@hookspec
def dashboard_cards(uow: UnitOfWork) -> list[Card]:  # type: ignore[empty-body]
    """Boxes on the home page."""


@hookspec
def health_checks(uow: UnitOfWork) -> list[HealthCheck]:  # type: ignore[empty-body]
    """What the plugin finds out about itself, for ``xrm doctor``."""


@hookspec
def validate_entities(uow: UnitOfWork, changes: Sequence[EntityChange]) -> list[Refusal]:  # type: ignore[empty-body]
    """Why changes about to be written must not be made; an empty list lets all of them pass.

    Called once per batch inside the write unit of work, which may run twice: no effect outside of it. A failure here, or no list,
    stops the work: nothing is written.
    """


@hookspec
def narrow_visibility(uow: UnitOfWork, types: Sequence[str]) -> list[Narrowing]:  # type: ignore[empty-body]
    """Conditions under which rows of ``types`` are seen, on top of all rights; several for one type must all hold.

    ``types`` are those that ``asks_for.narrows`` of the manifest names. Called at most once per unit of work, before it reads: it
    cannot read rows itself. A failure here, or no list, hides all rows of these types from everybody but the system.
    """
