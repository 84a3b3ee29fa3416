# SPDX-License-Identifier: Apache-2.0
"""Bringing the database to what a registry declares."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine

from xrm.migrate.apply import apply, plan_changes
from xrm.migrate.planning import Choices, Wanted
from xrm.migrate.steps import Plan, Step
from xrm.schema.canonical import canonical
from xrm.schema.registry import EntityType, Registry, RelationshipType


def apply_changes(
    engine: Engine, registry: Registry, *, actor: str = "system", told: Callable[[Step], None] | None = None,
    choices: Choices | None = None,
) -> list[Step]:
    """Make the database what the registry declares and return the steps done; ``told`` hears of each as it runs.

    The rest is as in ``xrm.migrate.apply.apply``.
    """
    return apply(engine, registry.metadata, declarations_of(registry), actor=actor, told=told, choices=choices)


def plan_for(engine: Engine, registry: Registry, choices: Choices | None = None) -> Plan:
    """What waits until the database is what the registry declares; nothing is changed."""
    return plan_changes(engine, Wanted(registry.metadata, declarations_of(registry)), choices)


def declarations_of(registry: Registry) -> dict[str, list[object]]:
    """Owner → what it declares, as JSON values."""
    declared: list[EntityType | RelationshipType] = [*registry.entity_types.values(), *registry.relationship_types.values()]
    by_owner: dict[str, list[object]] = {}
    for each in declared:
        by_owner.setdefault(each.declaration.plugin, []).append(canonical(each.declaration))
    return by_owner
