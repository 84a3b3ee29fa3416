# SPDX-License-Identifier: Apache-2.0
"""Which guarded fields somebody would see or write, or no longer, after a change of rights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xrm.access.field_rights import EDIT, SEE, editable_fields, rights_to, visible_fields
from xrm.access.policy import scope
from xrm.access.rights import access_of, permissions_for
from xrm.access.scopes import Scope
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork

_BASE = {SEE: "read", EDIT: "update"}


@dataclass(frozen=True)
class Fields:
    """Guarded fields of a type that somebody would see (``edit``: write) in more departments than now, and in fewer."""

    type: EntityType
    verb: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]


def compare_fields(now: UnitOfWork, then: UnitOfWork) -> tuple[Fields, ...]:
    """What changes for somebody between two moments of their rights, by type; types of which nothing changes are left out."""
    return tuple(
        found for name in now.registry.guards for verb in (SEE, EDIT) if _concerns(now, then, name)
        if (found := _compare(now, then, now.registry.get(name), verb)) is not None
    )


def _concerns(now: UnitOfWork, then: UnitOfWork, type_name: str) -> bool:
    """Whether any right that decides about fields of this type changes: most types are passed over by that."""
    before, after = access_of(now).scopes, access_of(then).scopes
    deciding = {*permissions_for(type_name, "read"), *permissions_for(type_name, "update")}
    for key in now.registry.guards[type_name]:
        deciding.update(rights_to(type_name, key, SEE), rights_to(type_name, key, EDIT))
    return any(before.get(one) != after.get(one) for one in deciding)


def _compare(now: UnitOfWork, then: UnitOfWork, entity_type: EntityType, verb: str) -> Fields | None:
    before, after = dict(_reach(now, entity_type, verb)), dict(_reach(then, entity_type, verb))
    gained = tuple(key for key, where in after.items() if not before[key].includes(where))
    lost = tuple(key for key, where in before.items() if not after[key].includes(where))
    return Fields(entity_type, verb, gained, lost) if gained or lost else None


def _reach(uow: UnitOfWork, entity_type: EntityType, verb: str) -> Iterator[tuple[str, Scope]]:
    """Where each guarded field is of use: where its right and the right to its row both hold."""
    base = scope(uow, entity_type.name, _BASE[verb])
    for key, where in (visible_fields if verb == SEE else editable_fields)(uow, entity_type.name).items():
        if verb == SEE or not entity_type.fields[key].formula:
            yield key, Scope.intersection([base, where])
