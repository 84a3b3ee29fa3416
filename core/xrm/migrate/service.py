# SPDX-License-Identifier: Apache-2.0
"""Bringing the database to what a registry declares."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine

from xrm.migrate.apply import apply
from xrm.migrate.planner import Step
from xrm.schema.canonical import canonical
from xrm.schema.registry import EntityType, Registry, RelationshipType


def apply_changes(
    engine: Engine, registry: Registry, *, actor: str = "system", told: Callable[[Step], None] | None = None
) -> list[Step]:
    """Make the database what the registry declares and return the steps done; ``told`` hears of each as it runs."""
    return apply(engine, registry.metadata, declarations_of(registry), actor=actor, told=told)


def declarations_of(registry: Registry) -> dict[str, list[object]]:
    """Owner → what it declares, as JSON values."""
    declared: list[EntityType | RelationshipType] = [*registry.entity_types.values(), *registry.relationship_types.values()]
    by_owner: dict[str, list[object]] = {}
    for each in declared:
        by_owner.setdefault(each.declaration.plugin, []).append(canonical(each.declaration))
    return by_owner
