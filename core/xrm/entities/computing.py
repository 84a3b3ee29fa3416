# SPDX-License-Identifier: Apache-2.0
"""Fields that are computed when they are read: their formulas over the values that were loaded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from xrm.schema.model import Field
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork


def is_computed_at_reading(field: Field) -> bool:
    """Whether a field has no column of its own."""
    return bool(field.formula) and not field.stored


def needed_for(entity_type: EntityType, columns: Iterable[str]) -> list[str]:
    """The fields to load so that these columns can be shown: themselves, or what their formulas name."""
    needed: dict[str, None] = {}
    for key in columns:
        declared = entity_type.fields.get(key)
        if declared is None:
            continue
        names = entity_type.expression(declared.formula).names if is_computed_at_reading(declared) else (key,)
        needed.update(dict.fromkeys(names))
    return list(needed)


def add_computed(
    uow: UnitOfWork, entity_type: EntityType, values: dict[str, Any], columns: Iterable[str]
) -> dict[str, Any]:
    """The values with those of computed columns added."""
    for key in columns:
        declared = entity_type.fields.get(key)
        if declared is not None and is_computed_at_reading(declared):
            known = {name: values.get(name) for name in entity_type.operands}
            values[key] = entity_type.expression(declared.formula).evaluate(known, uow)
    return values
