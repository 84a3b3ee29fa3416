# SPDX-License-Identifier: Apache-2.0
"""What administrators do with fields at run time: add, rename, retire."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from xrm.db.ids import new_id
from xrm.errors import Conflict, InvalidInput, NotFound, Problem, msg
from xrm.overlay.additions import OWNER, PREFIX, Addition, Overlay, full_key
from xrm.overlay.changing import change_overlay, next_version
from xrm.overlay.merging import rules_for
from xrm.overlay.service import Change, Renaming
from xrm.schema.canonical import canonical
from xrm.schema.grammar.read import read_fields
from xrm.schema.strict_yaml import Document
from xrm.schema.suggest import unknown
from xrm.unit_of_work import Actor

if TYPE_CHECKING:
    from xrm.runtime import Runtime


def add_field(runtime: Runtime, actor: Actor, type_name: str, key: str, declaration: Mapping[str, Any]) -> str:
    """Add a field to a type and return its key, which begins with ``x_``.

    A retired one of that key comes back with its values; one that was left out because it does not fit is replaced.

    ``declaration`` is a field of an entity file, as plain values.

    Raises:
        PermissionDenied: without the right to administer the schema everywhere.
        NotFound: when there is no such type.
        InvalidInput: with path and what was probably meant, when the declaration is wrong.
        Conflict: when the field is there already.
    """
    runtime.registry.get(type_name)
    if not key.removeprefix(PREFIX):
        raise InvalidInput([Problem("key", msg("The key of the field is missing. Write one, such as tier."))])
    key = full_key(key)
    wanted = dict(declaration)
    read_fields(Document("", {"entity": type_name, "fields": {key: wanted}}), rules_for(runtime.host.field_types()))
    base = base_of(runtime, type_name)

    def reckon(before: Overlay) -> Change:
        old = _find(before, type_name, key)
        if old is None:
            return Change([Addition(new_id(), "field", type_name, key, wanted, next_position(before), base=base)])
        if not old.is_retired and old.id not in {misfit.addition.id for misfit in runtime.misfits}:
            raise Conflict(msg("{type} has a field {key} already. Choose another key.", type=type_name, key=key), code="taken")
        return Change([next_version(old, declaration=wanted, base=base)])

    change_overlay(runtime, actor, reckon)
    return key


def retire_field(runtime: Runtime, actor: Actor, type_name: str, key: str) -> str:
    """Hide a field and keep its values; adding it again brings it back. Returns its key.

    Raises:
        PermissionDenied: without the right to administer the schema everywhere.
        NotFound: when administrators added no such field.
        InvalidInput: when another field or a view still needs it.
    """
    runtime.registry.get(type_name)

    def reckon(before: Overlay) -> Change:
        old = _own(runtime, before, type_name, key)
        return Change([next_version(old, declaration={**old.declaration, "retired": True})])

    return change_overlay(runtime, actor, reckon).changed[0].key


def rename_field(
    runtime: Runtime, actor: Actor, type_name: str, old_key: str, new_key: str, *, label: Mapping[str, str] | None = None
) -> str:
    """Let a field go on under another key, with its values; the old one is retired. Returns the new key.

    Raises:
        PermissionDenied: without the right to administer the schema everywhere.
        NotFound: when administrators added no such field.
        Conflict: when the new key is taken.
    """
    runtime.registry.get(type_name)
    new_key = full_key(new_key)

    def reckon(before: Overlay) -> Change:
        old = _own(runtime, before, type_name, old_key)
        if _find(before, type_name, new_key) is not None:
            taken = msg("{type} has, or had, a field {key}. Choose another key.", type=type_name, key=new_key)
            raise Conflict(taken, code="taken")
        declaration = {**old.declaration, **({"label": {**old.declaration["label"], **label}} if label else {})}
        new = Addition(
            new_id(), "field", type_name, new_key, declaration, old.position, base=old.base, renamed_from=old.key
        )
        retired = next_version(old, declaration={**old.declaration, "retired": True})
        return Change([retired, new], [Renaming(type_name, old.key, new_key)])

    change_overlay(runtime, actor, reckon)
    return new_key


def base_of(runtime: Runtime, type_name: str) -> str:
    """What the plugin declares of a type now, as JSON; empty for a type of administrators."""
    declared = next((one for one in runtime.host.declarations().entities if one.name == type_name), None)
    return "" if declared is None else json.dumps(canonical(declared), ensure_ascii=False)


def next_position(before: Overlay) -> int:
    """The place after all that is there."""
    return max((one.position for one in before.additions), default=0) + 1


def _find(before: Overlay, type_name: str, key: str) -> Addition | None:
    return next((one for one in before.additions if one.kind == "field" and (one.type_name, one.key) == (type_name, key)), None)


def _own(runtime: Runtime, before: Overlay, type_name: str, key: str) -> Addition:
    found = _find(before, type_name, key) or _find(before, type_name, full_key(key))
    if found is not None and not found.is_retired:
        return found
    entity_type = runtime.registry.get(type_name)
    if found is None and key in entity_type.fields and not key.startswith(PREFIX) and entity_type.plugin != OWNER:
        whose = msg("{key} comes from the plugin {plugin}; only fields that were added here can be changed here.",
                    key=key, plugin=entity_type.plugin)
        raise InvalidInput([Problem(key, whose)])
    known = list(_living(before, type_name))
    if not known:
        raise NotFound(msg("{type} has no fields that were added here, so none is called {key}. xrm field list shows all.",
                           type=type_name, key=key))
    raise NotFound(unknown("field", key, known))


def _living(before: Overlay, type_name: str) -> Iterable[str]:
    return [one.key for one in before.additions if one.kind == "field" and one.type_name == type_name and not one.is_retired]
