# SPDX-License-Identifier: Apache-2.0
"""What administrators do with rights to fields at run time: guard a field of whatever type, and give it free again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xrm.access.policy import require_everywhere
from xrm.entities.refreshing import refresh_stale
from xrm.errors import Conflict, InvalidInput, NotFound, Problem, msg
from xrm.overlay.fields import change_field
from xrm.overlay.queries import read_overlay
from xrm.overlay.service import RIGHT, guard, unguard
from xrm.schema.guarding import find_leaks, is_guarded
from xrm.schema.registry import EntityType
from xrm.schema.suggest import unknown
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

if TYPE_CHECKING:
    from xrm.runtime import Runtime


def guard_field(runtime: Runtime, actor: Actor, type_name: str, key: str) -> None:
    """Guard a field at once and in every process: seen and written from now on only with a right of its own.

    Its values leave the search index.

    Raises:
        PermissionDenied: without the right to administer the schema everywhere.
        NotFound: when there is no such type or field.
        InvalidInput: when something that all see is made of it, such as the title.
        Conflict: when it is guarded already.
    """
    entity_type, is_own, is_added = _find(runtime, actor, type_name, key)
    if is_added or is_guarded(entity_type.fields[key]):
        raise Conflict(msg("{field} is guarded already.", field=f"{type_name}.{key}"), code="taken")
    problems = [Problem(key, leak) for leak in find_leaks(entity_type, key)]
    if problems:
        raise InvalidInput(problems)
    if is_own:
        change_field(runtime, actor, type_name, key, {"guarded": True})
        return
    runtime.write(lambda uow: guard(uow, type_name, key), actor)
    _take_over(runtime)


def unguard_field(runtime: Runtime, actor: Actor, type_name: str, key: str) -> None:
    """Give a field free at once and in every process: whoever may read its type sees it.

    Raises:
        PermissionDenied: without the right to administer the schema everywhere.
        NotFound: when there is no such type or field.
        InvalidInput: when it is not guarded, or its plugin guards it.
    """
    entity_type, is_own, is_added = _find(runtime, actor, type_name, key)
    field = entity_type.fields[key]
    if is_own and is_guarded(field):
        change_field(runtime, actor, type_name, key, {"guarded": None, "see": None, "edit": None})
        return
    if not is_added:
        said = msg("{field} is not guarded.", field=f"{type_name}.{key}")
        if is_guarded(field):
            said = msg("The declaration of {type} guards {field}. Change it there.", type=type_name, field=key)
        raise InvalidInput([Problem(key, said)])
    runtime.write(lambda uow: unguard(uow, type_name, key), actor)
    _take_over(runtime)


def _find(runtime: Runtime, actor: Actor, type_name: str, key: str) -> tuple[EntityType, bool, bool]:
    """The type, whether the field is one that administrators added, and whether they guard it beside its declaration."""

    def find(uow: UnitOfWork) -> tuple[EntityType, bool, bool]:
        require_everywhere(uow, RIGHT)
        entity_type = uow.registry.get(type_name)
        if key not in entity_type.fields:
            raise NotFound(unknown("field", key, entity_type.fields))
        overlay = read_overlay(uow.connection)
        is_own = any(one.kind == "field" and (one.type_name, one.key) == (type_name, key) for one in overlay.additions)
        return entity_type, is_own, (type_name, key) in overlay.guarded

    return runtime.read(find, actor)


def _take_over(runtime: Runtime) -> None:
    runtime.follow(at_once=True)
    refresh_stale(runtime, system_actor())
