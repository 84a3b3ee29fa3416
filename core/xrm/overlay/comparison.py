# SPDX-License-Identifier: Apache-2.0
"""Fields with their origin, and what a plugin changed in a type since an administrator added to it: then, now, overlay."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from xrm.access.policy import require_everywhere
from xrm.overlay.additions import OWNER, Addition, Overlay
from xrm.overlay.fields import base_of
from xrm.overlay.queries import read_overlay
from xrm.overlay.service import RIGHT
from xrm.schema.model import Field
from xrm.schema.registry import EntityType
from xrm.unit_of_work import Actor, UnitOfWork

if TYPE_CHECKING:
    from xrm.runtime import Runtime


@dataclass(frozen=True)
class Difference:
    """What a plugin declared at one place of a type when a field was added, and what it declares now; None: nothing."""

    path: str
    then: Any
    now: Any


@dataclass(frozen=True)
class Listed:
    """One field: ``origin`` is the plugin's name or ``overlay``; ``state`` is in use, retired, or left out as it does not fit."""

    type: str
    key: str
    field_type: str
    label: str
    origin: str
    state: str
    overlay: Mapping[str, Any] | None = None
    changes: tuple[Difference, ...] = ()
    problems: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return asdict(self)


def list_fields(runtime: Runtime, actor: Actor, type_name: str = "", *, with_retired: bool = False) -> list[Listed]:
    """The fields of a type in their order; without one, those that administrators added to all types.

    Raises:
        PermissionDenied: without the right to administer the schema everywhere.
        NotFound: when there is no such type.
    """

    def collect(uow: UnitOfWork) -> tuple[Overlay, list[EntityType]]:
        require_everywhere(uow, RIGHT)
        return read_overlay(uow.connection), [uow.registry.get(type_name)] if type_name else []

    overlay, types = runtime.read(collect, actor)
    listed = [one for entity_type in types for one in _of_type(entity_type)]
    own = [one for one in overlay.additions if one.kind == "field" and type_name in ("", one.type_name)]
    listed += [_added(runtime, one) for one in own]
    return [one for one in listed if with_retired or one.state != "retired"]


def _of_type(entity_type: EntityType) -> Iterator[Listed]:
    for key, field in entity_type.all_fields.items():
        if not field.location.file.startswith("overlay/") or entity_type.plugin == OWNER:
            yield Listed(entity_type.name, key, field.type, str(field.label), entity_type.plugin, _state(field))


def _state(field: Field) -> str:
    return "retired" if field.retired else "in use"


def _added(runtime: Runtime, one: Addition) -> Listed:
    problems = [str(problem) for misfit in runtime.misfits if misfit.addition.id == one.id for problem in misfit.problems]
    label = one.declaration.get("label")
    return Listed(
        one.type_name, one.key, str(one.declaration.get("type", "")),
        str(label.get("en", "")) if isinstance(label, Mapping) else "", "overlay",
        "left out" if problems else "retired" if one.is_retired else "in use",
        json.loads(json.dumps(one.declaration, default=str)), tuple(changes_since(one.base, base_of(runtime, one.type_name))),
        tuple(problems),
    )


def changes_since(then: str, now: str) -> Iterator[Difference]:
    """Where two declarations of a type (as JSON) differ, each place once, as deep as mappings go."""
    if then and now and then != now:
        yield from _differences(json.loads(then), json.loads(now), "")


def _differences(then: Any, now: Any, path: str) -> Iterator[Difference]:
    if not (isinstance(then, dict) and isinstance(now, dict)):
        if then != now:
            yield Difference(path, then, now)
        return
    for key in dict.fromkeys([*then, *now]):
        yield from _differences(then.get(key), now.get(key), f"{path}.{key}" if path else key)
