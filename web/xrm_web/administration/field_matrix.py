# SPDX-License-Identifier: Apache-2.0
"""The guarded fields of a type in the matrix of a permission set: seen, edited; folded, and left out while they are many."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from xrm.access.field_rights import EDIT, SEE, rights_to
from xrm.access.vocabulary import FIELD_VERBS, guarded_fields
from xrm.schema.registry import EntityType, Registry
from xrm_web.administration.words import verb_names
from xrm_web.i18n import gettext, text_of
from xrm_web.navigation import sentence

ALL = "*"
# Above this many cells in all, only the fold-outs that were opened hold theirs, so that a page never brings a thousand inputs.
MOST_CELLS = 240


@dataclass(frozen=True)
class MatrixCell:
    """One permission: whether the set names it (``held``), a wildcard of the set gives it (``by``), or it means nothing."""

    permission: str
    label: str
    held: bool
    by: str = ""
    means: bool = True


@dataclass(frozen=True)
class MatrixField:
    """One guarded field, or all of a type."""

    key: str
    label: str
    cells: tuple[MatrixCell, ...]


@dataclass(frozen=True)
class FoldOut:
    """The guarded fields of a type: how many there are, how many of them are seen or edited; ``kept`` while they are left out."""

    type: str
    count: int
    seen: int
    edited: int
    fields: tuple[MatrixField, ...]
    kept: tuple[str, ...]
    is_open: bool

    @property
    def is_loaded(self) -> bool:
        """Whether its cells are in the page."""
        return bool(self.fields)


def is_short(registry: Registry) -> bool:
    """Whether all fold-outs together are few enough to be in the page at once."""
    return sum(len(guarded_fields(registry, name)) for name in registry.guards) * len(FIELD_VERBS) <= MOST_CELLS


def fold_out(registry: Registry, type_name: str, held: Collection[str], *, is_open: bool, is_loaded: bool) -> FoldOut | None:
    """The fold-out of a type; None when it has no guarded field."""
    keys = guarded_fields(registry, type_name)
    if not keys:
        return None
    entity_type = registry.get(type_name)
    given = {verb: sum(_gives(type_name, key, verb, held) for key in keys) for verb in FIELD_VERBS}
    loaded = is_open or is_loaded
    rows = (ALL, *keys) if len(keys) > 1 or f"{type_name}.{ALL}" in {one.rpartition(":")[0] for one in held} else keys
    return FoldOut(
        type_name, len(keys), given[SEE], given[EDIT],
        tuple(_field(entity_type, key, held) for key in rows) if loaded else (),
        () if loaded else tuple(sorted(set(held) & set(permissions_in(registry, type_name)))), is_open,
    )


def permissions_in(registry: Registry, type_name: str) -> Iterable[str]:
    """The permissions that the fold-out of a type stands for."""
    keys = guarded_fields(registry, type_name)
    return [f"{type_name}.{key}:{verb}" for key in (ALL, *keys) for verb in FIELD_VERBS] if keys else []


def _gives(type_name: str, key: str, verb: str, held: Collection[str]) -> bool:
    return any(one in held for one in rights_to(type_name, key, verb))


def _field(entity_type: EntityType, key: str, held: Collection[str]) -> MatrixField:
    label = gettext("All of them, now and later") if key == ALL else sentence(text_of(entity_type.fields[key].label))
    is_computed = key != ALL and bool(entity_type.fields[key].formula)
    return MatrixField(key, label, tuple(_cell(entity_type.name, key, verb, held, label, is_computed) for verb in FIELD_VERBS))


def _cell(type_name: str, key: str, verb: str, held: Collection[str], label: str, is_computed: bool) -> MatrixCell:
    permission = f"{type_name}.{key}:{verb}"
    by = next((one for one in rights_to(type_name, key, verb) if one != permission and one in held), "")
    return MatrixCell(permission, f"{label}: {verb_names()[verb]}", permission in held, by, verb == SEE or not is_computed)
