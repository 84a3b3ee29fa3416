# SPDX-License-Identifier: Apache-2.0
"""What administrators do with fields at run time: add, change, rename, retire."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from xrm.db.ids import new_id
from xrm.errors import Conflict, InvalidInput, NotFound, Problem, msg
from xrm.overlay.additions import OWNER, PREFIX, Addition, Overlay, full_key
from xrm.overlay.changing import Agreed, change_overlay, next_version
from xrm.overlay.merging import rules_for
from xrm.overlay.service import Change
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
    _check(runtime, type_name, key, wanted)
    base = base_of(runtime, type_name)

    def reckon(before: Overlay) -> Change:
        old = _find(before, type_name, key)
        _refuse_former(before, type_name, key)
        if old is None:
            return Change([Addition(new_id(), "field", type_name, key, wanted, next_position(before), base=base)])
        if not old.is_retired and old.id not in {misfit.addition.id for misfit in runtime.misfits}:
            raise Conflict(msg("{type} has a field {key} already. Choose another key.", type=type_name, key=key), code="taken")
        return Change([next_version(old, declaration=wanted, base=base)])

    change_overlay(runtime, actor, reckon)
    return key


def take_up_field(runtime: Runtime, actor: Actor, type_name: str, key: str, given: Mapping[str, Any]) -> str:
    """Show a retired field again as it was declared, but for what is ``given``; its key, or nothing when there is none.

    Raises:
        PermissionDenied: without the right to administer the schema everywhere.
        InvalidInput: when it does not fit any more.
    """
    def reckon(before: Overlay) -> Change:
        old = _find(before, type_name, full_key(key))
        if old is None or not old.is_retired:
            return Change()
        return Change([next_version(old, declaration=_put_together(old.declaration, {**given, "retired": None}))])

    change = change_overlay(runtime, actor, reckon)
    return change.changed[0].key if change.changed else ""


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


def rename_field(  # noqa: PLR0913  # two keys of one type, and what a person may choose
    runtime: Runtime, actor: Actor, type_name: str, old_key: str, new_key: str, *, label: Mapping[str, str] | None = None,
    agreed: Agreed | None = None,
) -> str:
    """Let a field go on under another key, with its values. Returns the new key.

    The column of the old one stays until its day, so that programs that know it only go on writing to it. ``agreed`` is asked
    with the plan before anything is done.

    Raises:
        PermissionDenied: without the right to administer the schema everywhere.
        NotFound: when administrators added no such field.
        Conflict: when the new key is taken, or was the key of a field that was renamed.
    """
    runtime.registry.get(type_name)
    new_key = full_key(new_key)

    def reckon(before: Overlay) -> Change:
        old = _own(runtime, before, type_name, old_key)
        _refuse_former(before, type_name, new_key, but=old)
        if _find(before, type_name, new_key) is not None:
            taken = msg("{type} has, or had, a field {key}. Choose another key.", type=type_name, key=new_key)
            raise Conflict(taken, code="taken")
        declaration = {**old.declaration, **({"label": {**old.declaration["label"], **label}} if label else {})}
        _check(runtime, type_name, new_key, declaration)
        # Back to a key that it had before is a rename like any other.
        former = tuple(key for key in (*old.former, old.key) if key != new_key)
        return Change([next_version(old, key=new_key, declaration=declaration, former=former)])

    change_overlay(runtime, actor, reckon, agreed=agreed)
    return new_key


def change_field(  # noqa: PLR0913  # which field, and what a person may choose
    runtime: Runtime, actor: Actor, type_name: str, key: str, given: Mapping[str, Any], *, whole: bool = False,
    agreed: Agreed | None = None,
) -> tuple[str, list[str]]:
    """Declare a field otherwise under the same key, and return the key and what of its declaration does not fit the new type.

    ``given`` wins over what was declared; None takes a part out. With ``whole`` it stands in the place of all. ``agreed`` is
    asked with the plan before anything is done.

    Raises:
        PermissionDenied: without the right to administer the schema everywhere.
        NotFound: when administrators added no such field.
        InvalidInput: when it does not fit, or the values that are there could be lost.
    """
    runtime.registry.get(type_name)
    left_out: list[str] = []

    def reckon(before: Overlay) -> Change:
        old = _own(runtime, before, type_name, key)
        wanted = dict(given) if whole else _put_together(old.declaration, given)
        left_out[:] = _drop_what_fits_no_more(runtime, old, wanted, given)
        if wanted == old.declaration:
            return Change()
        return Change([next_version(old, declaration=wanted)])

    change = change_overlay(runtime, actor, reckon, agreed=agreed)
    return (change.changed[0].key if change.changed else full_key(key)), left_out


def _put_together(declared: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {**declared, **given}
    for part in ("label", "help", "choices"):
        before, now = declared.get(part), given.get(part)
        if isinstance(before, Mapping) and isinstance(now, Mapping):
            wanted[part] = {**before, **now}
    return {part: value for part, value in wanted.items() if value is not None}


def _drop_what_fits_no_more(runtime: Runtime, old: Addition, wanted: dict[str, Any], given: Mapping[str, Any]) -> list[str]:
    """Take out of a declaration what only the former type understands, such as the choices of what is text now."""
    types = runtime.host.field_types()
    before, after = (types.get(str(declared.get("type"))) for declared in (old.declaration, wanted))
    only_before = before.options - after.options if before is not None and after is not None else frozenset()
    dropped = [part for part in wanted if part in only_before and part not in given]
    for part in dropped:
        del wanted[part]
    _check(runtime, old.type_name, old.key, wanted)
    return dropped


def _check(runtime: Runtime, type_name: str, key: str, declaration: Mapping[str, Any]) -> None:
    given = {"entity": type_name, "fields": {key: declaration}}
    read_fields(Document("", given), rules_for(runtime.host.field_types()))


def _refuse_former(before: Overlay, type_name: str, key: str, *, but: Addition | None = None) -> None:
    """Stop when the key was that of another field, which was renamed and whose values may still lie there."""
    for one in before.additions:
        if one is not but and one.type_name == type_name and key in one.former:
            said = msg("{type} had a field {key}, which is called {new} now. Choose another key.",
                       type=type_name, key=key, new=one.key)
            raise Conflict(said, code="taken")


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
