# SPDX-License-Identifier: Apache-2.0
"""Bringing the database to what a registry declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine

from xrm.migrate.apply import apply_wanted, plan_changes, rollback
from xrm.migrate.asking import Choices, Wanted
from xrm.migrate.former import OVERLAY
from xrm.migrate.ledger import PlanRecord
from xrm.migrate.steps import Plan, Step
from xrm.migrate.turning import Tools
from xrm.schema.grammar.manifest import RESERVED_OWNER
from xrm.schema.load import RESERVED_PREFIX
from xrm.schema.registry import EntityType, Registry, RelationshipType
from xrm.schema.tables import table_name


def apply_changes(
    engine: Engine, registry: Registry, *, actor: str = "system", told: Callable[[Step], None] | None = None,
    choices: Choices | None = None,
) -> list[Step]:
    """Make the database what the registry declares and return the steps done; ``told`` hears of each as it runs.

    The rest is as in ``xrm.migrate.apply.apply_wanted``.
    """
    return apply_wanted(engine, wanted_by(registry), actor=actor, told=told, choices=choices)


def plan_for(engine: Engine, registry: Registry, choices: Choices | None = None) -> Plan:
    """What waits until the database is what the registry declares; nothing is changed."""
    return plan_changes(engine, wanted_by(registry), choices)


def wanted_by(registry: Registry) -> Wanted:
    """What a registry declares, as schema change takes it."""
    return Wanted(
        registry.table_set, declarations_of(registry), registry.versions, tools_of(registry), tuple(registry.remembered),
        registry.overlay_number,
    )


def tools_of(registry: Registry) -> Tools:
    """What moving values needs of a registry."""
    return Tools(registry.field_types, registry.step_files)


def take_back(
    engine: Engine, registry: Registry, *, to: int | None = None, told: Callable[[Step], None] | None = None
) -> list[PlanRecord]:
    """Take back the last change, or all after plan ``to``, as ``xrm.migrate.apply.rollback`` does."""
    return rollback(engine, to=to, told=told, tools=tools_of(registry))


def declarations_of(registry: Registry) -> dict[str, list[object]]:
    """Owner → what it declares, as JSON values; what administrators added to a type stands under ``overlay``, apart from it."""
    declared: list[EntityType | RelationshipType] = [*registry.entity_types.values(), *registry.relationship_types.values()]
    by_owner: dict[str, list[object]] = {}
    for each in declared:
        whole, owner = dict(each.canonical), each.declaration.plugin
        if owner == RESERVED_OWNER:
            by_owner.setdefault(OVERLAY, []).append(whole)
            continue
        added = _take_out(whole) if isinstance(each, EntityType) else {}
        by_owner.setdefault(owner, []).append(whole)
        if added:
            name = whole.get("entity") or whole["name"]
            by_owner.setdefault(OVERLAY, []).append({"entity": name, "extends": table_name(each.declaration), **added})
    # What is off declares what it declared last, word for word.
    return {**by_owner, **registry.remembered}


def _take_out(whole: dict[str, Any]) -> dict[str, Any]:
    """What administrators added to a declaration, which is without it afterwards."""
    added = {}
    for part in ("fields", "renamed"):
        given = whole.get(part, {})
        found = {key: one for key, one in given.items() if key.startswith(RESERVED_PREFIX)}
        if found:
            added[part] = found
            whole[part] = {key: one for key, one in given.items() if key not in found}
            if not whole[part] and part == "renamed":
                del whole[part]
    return added
