# SPDX-License-Identifier: Apache-2.0
"""A permission set as a table: rows are subjects in groups, columns are verbs, each cell says whether and by what it is held."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from xrm.access.questions import VERBS
from xrm.access.rights import permissions_for
from xrm.access.vocabulary import Subject, subjects_of
from xrm.schema.registry import Registry
from xrm_web.administration.field_matrix import ALL, FoldOut, MatrixCell, fold_out, is_short, permissions_in
from xrm_web.administration.words import group_names, subject_name, verb_names

COLUMNS = (ALL, *VERBS)
_OF_TYPES = {ALL, "read", "create", "update", "delete", "import", "export"}
_OF_GROUPS = {"all": set(COLUMNS), "relationships": {ALL, "read", "link"}, "administration": {"administer"}}
_OF_SUBJECTS = {
    "contact_point": {ALL, "read", "create", "update", "delete"}, "interaction": {ALL, "read", "create", "update", "delete"},
    "message": {ALL, "read", "send"}, "score": {ALL, "read", "update"}, "file": {ALL, "read"}, "audit": {"read"},
}


@dataclass(frozen=True)
class MatrixRow:
    """One subject; ``fold`` holds its guarded fields, if there are any."""

    name: str
    label: str
    plugin: str
    cells: tuple[MatrixCell, ...]
    fold: FoldOut | None = None


@dataclass(frozen=True)
class MatrixGroup:
    """Subjects of one kind."""

    key: str
    label: str
    rows: tuple[MatrixRow, ...]


@dataclass(frozen=True)
class Matrix:
    """The whole table; ``beside`` are permissions that no cell stands for, such as those of a plugin that is gone."""

    columns: tuple[tuple[str, str], ...]
    groups: tuple[MatrixGroup, ...]
    beside: tuple[str, ...]


def matrix_of(registry: Registry, held: Collection[str], opened: Collection[str] = ()) -> Matrix:
    """The table of a set that holds these permissions; ``opened`` are the types whose guarded fields are unfolded."""
    verbs, subjects, held = verb_names(), subjects_of(registry), frozenset(held)
    is_loaded = is_short(registry)
    by_group: dict[str, list[MatrixRow]] = {}
    for one in subjects:
        fold = None
        if one.name in registry.guards:
            fold = fold_out(registry, one.name, held, is_open=one.name in opened, is_loaded=is_loaded)
        by_group.setdefault(one.group, []).append(_row(one, held, verbs, fold))
    groups = tuple(MatrixGroup(key, label, tuple(by_group[key])) for key, label in group_names().items() if key in by_group)
    shown = {f"{one.name}:{verb}" for one in subjects for verb in COLUMNS}
    shown.update(permission for name in registry.guards for permission in permissions_in(registry, name))
    beside = tuple(sorted(set(held) - shown))
    return Matrix(tuple((verb, verbs[verb]) for verb in COLUMNS), groups, beside)


def _row(one: Subject, held: Collection[str], verbs: dict[str, str], fold: FoldOut | None) -> MatrixRow:
    label = subject_name(one)
    meaningful = _OF_SUBJECTS.get(one.name) or _OF_GROUPS.get(one.group) or _OF_TYPES
    cells = tuple(_cell(one.name, verb, held, meaningful, f"{label}: {verbs[verb]}") for verb in COLUMNS)
    return MatrixRow(one.name, label, one.plugin, cells, fold)


def _cell(subject: str, verb: str, held: Collection[str], meaningful: set[str], label: str) -> MatrixCell:
    permission = f"{subject}:{verb}"
    by = next((key for key in permissions_for(subject, verb) if key != permission and key in held), "")
    is_held = permission in held
    return MatrixCell(permission, label, is_held, by, verb in meaningful or is_held)
