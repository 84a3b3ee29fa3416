# SPDX-License-Identifier: Apache-2.0
"""Every expression of the declarations, held against the fields it names: a misspelt name is found at start, not in use."""

from __future__ import annotations

from collections.abc import Iterator

from xrm.entities.system_columns import SYSTEM_OPERANDS
from xrm.errors import PluginError, msg
from xrm.schema.expressions import ExpressionError
from xrm.schema.guarding import declared_guards, find_leaks, is_guarded
from xrm.schema.registry import EntityType, Fielded, Registry, RelationshipType


def check_expressions(registry: Registry) -> None:
    """Stop at the first expression that cannot be compiled.

    Raises:
        PluginError: naming the plugin, file and line, the key (``when``, ``required`` …) and what was meant.
    """
    for entity_type in registry.entity_types.values():
        declared = entity_type.declaration
        for where, key, text in _of_fields(entity_type):
            _check(entity_type, declared.plugin, where, key, text)
        if declared.contactable:
            _check(entity_type, declared.plugin, str(declared.location), "contactable", declared.contactable)
        _check_views(entity_type)
        _check_guards(entity_type)
    for relationship_type in registry.relationship_types.values():
        _refuse_guards(relationship_type)
        for where, key, text in _of_fields(relationship_type):
            _check(relationship_type, relationship_type.declaration.plugin, where, key, text)


def _of_fields(fielded: Fielded) -> Iterator[tuple[str, str, str]]:
    for field in fielded.fields.values():
        if field.when:
            yield str(field.location), "when", field.when
        if isinstance(field.required, str):
            yield str(field.location), "required", field.required
        if isinstance(field.default, str) and field.default.startswith("="):
            yield str(field.location), "default", field.default[1:]


def _check(fielded: Fielded, plugin: str, where: str, key: str, text: str) -> None:
    try:
        expression = fielded.expression(text)
    except ExpressionError as error:
        raise PluginError(plugin, msg("{where}: {key}: {problem}", where=where, key=key, problem=error.message)) from error
    if key != "default" and expression.type != "yes_no":
        wanted = msg("{where}: {key}: this is a value, not a condition. Compare it with something.", where=where, key=key)
        raise PluginError(plugin, wanted)


def _check_guards(entity_type: EntityType) -> None:
    for key in sorted(declared_guards(entity_type)):
        for leak in find_leaks(entity_type, key):
            where = entity_type.fields[key].location
            said = msg("{where}: {key}: {problem}", where=where, key="guarded", problem=leak)
            raise PluginError(entity_type.declaration.plugin, said)


def _refuse_guards(relationship_type: RelationshipType) -> None:
    for field in relationship_type.fields.values():
        if is_guarded(field):
            said = msg("{where}: guarded goes with the fields of entity types only. Take it out, or keep the value in a record.",
                       where=field.location)
            raise PluginError(relationship_type.declaration.plugin, said)


def _check_views(entity_type: EntityType) -> None:
    declared = entity_type.declaration
    dates_of_roles = ("since", "until")
    names = {key: one for key, one in SYSTEM_OPERANDS.items() if entity_type.kind == "role" or key not in dates_of_roles}
    for view in declared.views.values():
        if not view.where:
            continue
        try:
            entity_type.condition(view.where, names)
        except ExpressionError as error:
            said = msg("{where}: views.{view}.where: {problem}", where=declared.location, view=view.key, problem=error.message)
            raise PluginError(declared.plugin, said) from error
