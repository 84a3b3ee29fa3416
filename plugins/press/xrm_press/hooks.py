# SPDX-License-Identifier: Apache-2.0
"""What the press plugin does beyond its declarations: it hands each hook to the module that knows the answer."""

from __future__ import annotations

from collections.abc import Sequence

from xrm.plugin_api import (
    Action,
    Card,
    Entity,
    EntityChange,
    HealthCheck,
    Link,
    MenuItem,
    Panel,
    Refusal,
    UnitOfWork,
    hookimpl,
    label,
)
from xrm_press import health, offers, rules
from xrm_press import panels as boxes


@hookimpl
def panels(entity: Entity) -> list[Panel]:
    """What the press has to do with this party, outlet or release."""
    return boxes.panels_for(entity)


@hookimpl
def dashboard_cards() -> list[Card]:
    """The month in the press."""
    return boxes.cards()


@hookimpl
def menu_items() -> list[MenuItem]:
    """The latest coverage."""
    recent = Link(label("Press review", "Revue de presse"), list_of="coverage", view="recent", icon="newspaper")
    return [MenuItem("press-review", recent, permission="coverage:read")]


@hookimpl
def actions(entity: Entity) -> list[Action]:
    """Offer a release to a party."""
    return offers.actions_for(entity)


@hookimpl
def validate_entities(uow: UnitOfWork, changes: Sequence[EntityChange]) -> list[Refusal]:
    """Keep releases and coverage truthful."""
    return rules.refusals(uow, changes)


@hookimpl
def health_checks(uow: UnitOfWork) -> list[HealthCheck]:
    """Releases that were forgotten."""
    return health.checks(uow)
