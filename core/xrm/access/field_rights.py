# SPDX-License-Identifier: Apache-2.0
"""Rights to single fields: who sees or edits a guarded field, in which departments; asked by every surface that reads or writes.

A guarded field needs ``TYPE.FIELD:see`` to be seen and ``TYPE.FIELD:edit``, which gives sight too, to be written, where the row
stands. ``TYPE.*:see`` and ``TYPE.*:edit`` give it for all fields of a type, ``*:*`` and ``TYPE:*`` give both.
All other fields follow the rights to read and update their type.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from xrm.access.policy import in_scope, party_in_scope, scope
from xrm.access.rights import Access, access_of
from xrm.access.scopes import Scope
from xrm.entities.models import entity
from xrm.errors import PermissionDenied, msg
from xrm.roles.models import role
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork

SEE, EDIT = "see", "edit"
# The system computes scores for all who see an entity: by this door it sees what they all see, and no guarded field.
SCORING = "scoring"
CHUNK = 500
_NONE: Mapping[str, Scope] = {}


class RowPlace(NamedTuple):
    """Where a row stands: its id, its department, and who owns it."""

    id: uuid.UUID
    department: uuid.UUID
    owner: uuid.UUID | None


def visible_fields(uow: UnitOfWork, type_name: str) -> Mapping[str, Scope]:
    """Where the actor sees each guarded field of a type; a field that is not named follows the right to read the type."""
    return _scopes(uow, type_name, SEE)


def editable_fields(uow: UnitOfWork, type_name: str) -> Mapping[str, Scope]:
    """Where the actor may write each guarded field of a type; a field that is not named follows the right to update the type."""
    return _scopes(uow, type_name, EDIT)


def never_seen(uow: UnitOfWork, type_name: str) -> frozenset[str]:
    """The fields of a type that the actor sees in no department: what no form, list or picker offers."""
    return frozenset(key for key, where in visible_fields(uow, type_name).items() if where.is_empty)


def unusable_fields(uow: UnitOfWork, type_name: str) -> frozenset[str]:
    """The fields by which the actor may not filter, sort or group a type: not seen in each department whose rows are listed."""
    fields = visible_fields(uow, type_name)
    if not fields:
        return frozenset()
    listed = scope(uow, type_name, "read")
    return frozenset(key for key, where in fields.items() if not where.includes(listed))


def hidden_somewhere(uow: UnitOfWork, type_name: str) -> frozenset[str]:
    """The fields that the actor does not see in every row of a type that they see, shared ones included."""
    fields = visible_fields(uow, type_name)
    if fields and access_of(uow).has_shares:
        return frozenset(key for key, where in fields.items() if not where.is_everywhere)
    return unusable_fields(uow, type_name)


def require_usable(uow: UnitOfWork, type_name: str, names: Iterable[str]) -> None:
    """Stop here unless the actor may filter, sort, group or match rows of a type by these fields.

    Raises:
        PermissionDenied: for a field that is hidden in some of the rows, since what is found would tell about it.
    """
    fields = visible_fields(uow, type_name)
    refused = unusable_fields(uow, type_name).intersection(names) if fields else ()
    for key in sorted(refused):
        raise PermissionDenied(
            msg("{type} cannot be filtered, sorted, grouped or matched by {field}: you need the right {action} wherever you read "
                "{type}. Leave the field out, or ask an administrator.",
                type=type_name, field=key, action=f"{type_name}.{key}:{SEE}")
        )


def conditions_of_use(uow: UnitOfWork, entity_type: EntityType, names: Iterable[str]) -> list[ColumnElement[bool]]:
    """What a statement that filters, sorts, groups or matches by these fields has to hold to besides, as SQL.

    Rows that are shared with the actor stand in other departments: those where they do not see a guarded field drop out.

    Raises:
        PermissionDenied: as ``require_usable``.
    """
    require_usable(uow, entity_type.name, names)
    fields = visible_fields(uow, entity_type.name)
    if not fields or not access_of(uow).has_shares:
        return []
    return [field_is_seen(uow, entity_type, key) for key in dict.fromkeys(names) if key in fields]


def require_editable(
    uow: UnitOfWork, type_name: str, names: Iterable[str], departments: Collection[uuid.UUID], *, owner: uuid.UUID | None = None
) -> None:
    """Stop here unless the actor may write these fields of a row that stands in these departments.

    Raises:
        PermissionDenied: naming the field and the right that is missing.
    """
    fields = editable_fields(uow, type_name)
    if not fields:
        return
    for key in names:
        if key in fields and not _covers(uow, fields[key], departments, owner):
            raise PermissionDenied(
                msg("You may not write the field {field}: you need the right {action}. Leave the field out, or ask an "
                    "administrator.", field=key, action=f"{type_name}.{key}:{EDIT}")
            )


def only_writable(
    uow: UnitOfWork, entity_type: EntityType, changes: dict[str, Any], departments: Collection[uuid.UUID], *,
    owner: uuid.UUID | None = None,
) -> dict[str, Any]:
    """Checked changes of a row without those of guarded fields that the actor may not write.

    A rule that would empty such a field, because its condition no longer holds, leaves it. What a formula makes is nobody's
    doing and stays.
    """
    locked = hidden_fields(uow, entity_type.name, departments, owner=owner, verb=EDIT)
    if not locked:
        return changes
    return {key: value for key, value in changes.items() if key not in locked or entity_type.fields[key].formula}


def hidden_fields(
    uow: UnitOfWork, type_name: str, departments: Collection[uuid.UUID], *, owner: uuid.UUID | None = None, verb: str = SEE
) -> frozenset[str]:
    """The guarded fields that the actor may not see (``edit``: write) in a row that stands in these departments."""
    fields = _scopes(uow, type_name, verb)
    return frozenset(key for key, where in fields.items() if not _covers(uow, where, departments, owner))


def hidden_in_rows(
    uow: UnitOfWork, entity_type: EntityType, rows: Sequence[RowPlace], *, verb: str = SEE
) -> Mapping[uuid.UUID, frozenset[str]]:
    """For many rows of one type, the guarded fields that the actor may not see (``edit``: write); rows without any are left out.

    A field of a party is seen by whoever has the right in any department where the party stands.
    """
    fields = _scopes(uow, entity_type.name, verb)
    partial = {where for where in fields.values() if not where.is_everywhere}
    if not partial or not rows:
        return {}
    reached = {where: _reached(uow, entity_type, where, rows) for where in partial}
    found = {
        row.id: frozenset(key for key, where in fields.items() if where in partial and row.id not in reached[where])
        for row in rows
    }
    return {one: hidden for one, hidden in found.items() if hidden}


def mask(
    uow: UnitOfWork, entity_type: EntityType, rows: Sequence[RowPlace], values: Mapping[uuid.UUID, dict[str, Any]]
) -> None:
    """Take out of the values of these rows what the actor may not see there."""
    for one, hidden in hidden_in_rows(uow, entity_type, rows).items():
        for key in hidden & values.get(one, {}).keys():
            del values[one][key]


def mask_changes(
    uow: UnitOfWork, type_name: str, departments: Collection[uuid.UUID], changes: Mapping[str, Any], *,
    owner: uuid.UUID | None = None,
) -> dict[str, Any]:
    """Changes (field → before and after) of a row that stands in these departments, without what the actor may not see."""
    hidden = hidden_fields(uow, type_name, departments, owner=owner)
    return {key: change for key, change in changes.items() if key not in hidden}


def field_is_seen(uow: UnitOfWork, entity_type: EntityType, key: str) -> ColumnElement[bool]:
    """The SQL condition that the actor sees a field in a row of ``entity`` (of a role: of ``role``) that they may read."""
    where = visible_fields(uow, entity_type.name).get(key)
    if where is None or where.is_everywhere:
        return true()
    if entity_type.kind == "party":
        found = party_in_scope(uow, where, [entity_type.name], entity.c.id)
        return or_(*found) if found else false()
    own = role if entity_type.kind == "role" else entity
    return in_scope(where, own.c.department_id, own.c.owner_id, uow.actor.user_id)


def _scopes(uow: UnitOfWork, type_name: str, verb: str) -> Mapping[str, Scope]:
    guards = uow.registry.guards.get(type_name)
    if not guards:
        return _NONE
    access = access_of(uow)
    if access.is_system and uow.actor.via != SCORING:
        return _NONE
    # Kept together with the rights that it was made of: when those are read again, so is this.
    kept: tuple[Access, dict[tuple[str, str], Mapping[str, Scope]]] | None = uow.cache.get(__name__)
    if kept is None or kept[0] is not access:
        kept = uow.cache[__name__] = access, {}
    found = kept[1].get((type_name, verb))
    if found is None:
        found = kept[1][type_name, verb] = {
            key: _scope_of(access, type_name, key, needed, verb) for key, needed in guards.items()
        }
    return found


def _scope_of(access: Access, type_name: str, key: str, needed: frozenset[str], verb: str) -> Scope:
    return Scope.intersection(
        _granted(access, type_name, one, EDIT if verb == EDIT and one == key else SEE) for one in needed
    )


def _granted(access: Access, type_name: str, key: str, verb: str) -> Scope:
    return Scope.union(access.scopes[one] for one in rights_to(type_name, key, verb) if one in access.scopes)


def rights_to(type_name: str, key: str, verb: str) -> tuple[str, ...]:
    """The permissions that let one see or edit a guarded field, the most particular one first."""
    field = f"{type_name}.{key}"
    verbs = (SEE, EDIT) if verb == SEE else (EDIT,)
    all_of_them = f"{type_name}.*"
    return (
        *(f"{field}:{one}" for one in verbs), f"{field}:*", *(f"{all_of_them}:{one}" for one in verbs), f"{all_of_them}:*",
        f"{type_name}:*", "*:*",
    )


def _covers(uow: UnitOfWork, where: Scope, departments: Collection[uuid.UUID], owner: uuid.UUID | None) -> bool:
    is_own = owner is not None and owner == uow.actor.user_id
    return where.is_everywhere or any(where.covers(one, is_own=is_own) for one in departments)


def _reached(uow: UnitOfWork, entity_type: EntityType, where: Scope, rows: Sequence[RowPlace]) -> set[uuid.UUID]:
    if where.is_empty:
        return set()
    if entity_type.kind != "party":
        return {row.id for row in rows if _covers(uow, where, (row.department,), row.owner)}
    found: set[uuid.UUID] = set()
    ids = sorted(row.id for row in rows)
    for start in range(0, len(ids), CHUNK):
        among = entity.c.id.in_(ids[start : start + CHUNK])
        condition = or_(*party_in_scope(uow, where, [entity_type.name], entity.c.id))
        found.update(uow.execute(select(entity.c.id).where(and_(among, condition))).scalars())
    return found
