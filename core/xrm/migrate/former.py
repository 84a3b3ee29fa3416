# SPDX-License-Identifier: Apache-2.0
"""Fields that were renamed, retired or taken up again: which columns and tables they mean, and what becomes of these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from xrm.migrate.catalog import Catalog
from xrm.schema.grammar.manifest import RESERVED_OWNER
from xrm.schema.tables import short_name

PARTY = "party"
OVERLAY = "overlay"  # who owns what administrators declare
# A decimal of scale 3 in a column of scale 2 is another number; text in the column of an e-mail address is no address.
_MEANING = ("type", "scale", "many", "stored")


@dataclass(frozen=True)
class DeclaredType:
    """A type as its owner declared it: its table, its fields by key, and old field keys → new ones."""

    name: str
    owner: str
    table: str
    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    sort_as: str = ""
    is_entity: bool = False

    def is_shown_otherwise_than(self, before: DeclaredType) -> bool:
        """Whether titles, sort keys or search documents of before are not what this declares; a new field is in none yet."""
        if (self.title, self.sort_as) != (before.title, before.sort_as):
            return True
        return any(_searched(self.fields.get(key, {})) != _searched(one) for key, one in before.fields.items())

    @property
    def stored_formulas(self) -> dict[str, str]:
        """Fields whose values are kept as a formula made them, with the formula and the decimals of what it gives."""
        return {
            key: f"{one['formula']}, scale {one.get('scale')}" for key, one in self.fields.items()
            if one.get("formula") and one.get("stored")
        }


def _searched(field: Mapping[str, Any]) -> tuple[str, bool]:
    return field.get("search", ""), bool(field.get("guarded") or field.get("see") or field.get("edit"))


def declared_types(declarations: Mapping[str, Iterable[Mapping[str, Any]]]) -> dict[str, DeclaredType]:
    """Table → the type it belongs to, from declarations in canonical form by owner; with the fields that administrators added."""
    found: dict[str, DeclaredType] = {}
    for owner, declared in declarations.items():
        first = RESERVED_OWNER if owner == OVERLAY else owner
        for one in declared:
            if "extends" not in one:
                name = one.get("entity") or one["name"]
                table = name if one.get("kind") == PARTY else f"{first}__{name}"
                found[table] = DeclaredType(
                    name, owner, table, one.get("fields", {}), one.get("renamed", {}), str(one.get("title", "")),
                    str(one.get("sort_as", "")), "entity" in one,
                )
    for added in declarations.get(OVERLAY, ()):
        if "extends" in added:
            # Of a type that was applied before declarations were kept, what was added is all that is known.
            table = added["extends"]
            extended = found.get(table) or DeclaredType(added["entity"], table.partition("__")[0], table)
            fields = {**extended.fields, **added.get("fields", {})}
            found[table] = replace(extended, fields=fields, renamed={**extended.renamed, **added.get("renamed", {})})
    return found


def meanings_that_changed(before: DeclaredType, after: DeclaredType) -> dict[str, tuple[str, str]]:
    """Field → (what it was, what it is declared as), where its columns would hold the same bytes with another meaning."""
    found = {}
    for key in before.fields.keys() & after.fields.keys():
        was, now = meaning_of(before.fields[key]), meaning_of(after.fields[key])
        if was != now:
            found[key] = was, now
    return found


def meaning_of(field: Mapping[str, Any]) -> str:
    """The type of a field with what decides how its columns are read."""
    return ", ".join(str(field[part]) if part == "type" else f"{part} {field[part]}" for part in _MEANING if field.get(part))


def columns_of(key: str, columns: Iterable[str]) -> list[str]:
    """The columns of a field among those of its table: the first has its key as name, others begin with it."""
    return [name for name in columns if name == key or name.startswith(f"{key}__")]


def renamed_columns(old: str, new: str, before: Iterable[str], after: Iterable[str]) -> dict[str, str]:
    """Old column → new one, for a field that got another key; empty when the table has none of the two."""
    there = set(after)
    pairs = {name: new + name[len(old):] for name in columns_of(old, before)}
    return {name: other for name, other in pairs.items() if other in there}


def value_columns(before: Iterable[str], after: Iterable[str]) -> dict[str, str]:
    """Old column → new one, for two tables of several values whose fields have different keys."""
    former, later = (
        sorted((name for name in columns if name not in {"owner_id", "position"}), key=lambda name: name.partition("__")[2])
        for columns in (before, after)
    )
    return dict(zip(former, later, strict=True))


def child_table(table: str, key: str) -> str:
    """The table of the values of a field that has several."""
    return short_name(f"{table}__{key}")


def renames_of(declared: DeclaredType, before: Catalog) -> dict[str, str]:
    """The renames of a type that are still to be done: old key → new, where the old was applied and the new was not."""
    found: dict[str, str] = {}
    for old, new in declared.renamed.items():
        if old in declared.fields or new not in declared.fields:
            continue
        had = columns_of(old, before[declared.table].columns) or child_table(declared.table, old) in before
        has = columns_of(new, before[declared.table].columns) or child_table(declared.table, new) in before
        if had and not has:
            found[old] = new
    return found
