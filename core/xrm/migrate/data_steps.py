# SPDX-License-Identifier: Apache-2.0
"""Data steps of plugins in a plan: where the fields lie that each reads and writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from xrm.errors import InvalidInput, Problem, msg
from xrm.migrate.catalog import Catalog
from xrm.migrate.former import DeclaredType, child_table, meaning_of
from xrm.migrate.said import Said
from xrm.migrate.scripts import Script, load_script, same_numbers
from xrm.migrate.steps import Place, Walk
from xrm.migrate.turning import Tools
from xrm.migrate.widening import kept_field
from xrm.schema.suggest import did_you_mean

KeptColumns = Mapping[str, Mapping[str, Mapping[str, str]]]


class DataSteps:
    """The steps that wait, read from their files; ``problems`` say which cannot be run."""

    def __init__(
        self, tools: Tools, types: Mapping[str, DeclaredType], former_types: Mapping[str, DeclaredType],
        catalogs: tuple[Catalog, Catalog], kept: KeptColumns,
    ) -> None:
        self._tools = tools
        self._types = types
        self._former_types = former_types
        self._before, self._after = catalogs
        self._kept = kept
        self.problems: list[str] = []

    def load(self, waiting: Sequence[tuple[str, Path]]) -> list[Script]:
        """The steps in these files."""
        found = []
        for owner in dict.fromkeys(owner for owner, _ in waiting):
            for number in same_numbers(self._tools.step_files[owner]):
                names = ", ".join(path.name for path in self._tools.step_files[owner] if path.stem.startswith(number))
                same = msg("{where}: {names} have the same number. Give each its own.", where=f"{owner}/steps", names=names)
                self.problems.append(Said(same))
        for owner, path in waiting:
            try:
                found.append(load_script(owner, path))
            except InvalidInput as error:
                self.problems += [Said(problem.message) for problem in error.problems]
        return found

    def walk_of(self, script: Script) -> Walk:
        """The rows it goes over, and where the fields lie.

        Raises:
            InvalidInput: when it names a type or a field that is not there.
        """
        declared = next((one for one in self._types.values() if one.name == script.entity), None)
        where = f"{script.owner}/steps/{script.name}.py"
        if declared is None or declared.owner != script.owner:
            own = sorted(one.name for one in self._types.values() if one.owner == script.owner)
            told = msg("{where}: ENTITY is {entity}, which is no type of {owner}. Name one of: {own}.", where=where,
                       entity=script.entity, owner=script.owner, own=", ".join(own))
            raise InvalidInput([Problem("", told, where)])
        reads = {key: self._place(declared, key, where, is_former=True) for key in script.reads}
        former = self._former_types.get(declared.table)
        for key in script.writes:
            # A field whose type changes is read where it was, whether the step says so or not.
            if former is not None and key in former.fields and key in declared.fields and (
                meaning_of(former.fields[key]) != meaning_of(declared.fields[key])
            ):
                reads.setdefault(key, self._place(declared, key, where, is_former=True))
        writes = {key: self._place(declared, key, where, is_former=False) for key in script.writes}
        return Walk(declared.table, reads, writes, script.name)

    def changed_in_place(self, walk: Walk, converted: Collection[str]) -> dict[str, Place]:
        """The fields whose values of before would be gone: they have them, and keep their type."""
        old = self._before.get(walk.table)
        return {
            key: place for key, place in walk.writes.items()
            if key not in converted and old is not None
            and (place.columns.keys() & old.columns.keys() or (place.table in self._before and place.table != walk.table))
        }

    def _place(self, declared: DeclaredType, key: str, where: str, *, is_former: bool) -> Place:
        former = self._former_types.get(declared.table)
        canonical: Mapping[str, Any] | None = declared.fields.get(key)
        if is_former and former is not None and key in former.fields:
            canonical = former.fields[key]
        elif canonical is None and is_former:
            canonical = self._from_meaning(declared.table, key)
        kept = kept_field(key, canonical, self._tools.field_types) if canonical is not None else None
        if canonical is None or kept is None:
            known = sorted({*declared.fields, *(former.fields if former is not None and is_former else ())})
            told = msg("{where}: {type} has no field {key} with values of its own.{hint}", where=where, type=declared.name,
                       key=key, hint=did_you_mean(key, known))
            raise InvalidInput([Problem(key, told, where)])
        names = {part.name: part.name for part in kept.type.columns(kept.field)}
        table = child_table(declared.table, key) if kept.is_many else declared.table
        parts = ("type", "many", "scale", "length", "choices", "to")
        return Place({"key": key, **{part: canonical[part] for part in parts if part in canonical}}, table, names)

    def _from_meaning(self, table: str, key: str) -> dict[str, Any] | None:
        """What is known of a field that was retired before: as much as reading its columns takes."""
        known = (why for why in self._kept.get(table, {}).values() if why["field"] == key)
        meaning = next((why["meaning"] for why in known if "meaning" in why), "")
        if not meaning:
            return None
        kind, *rest = meaning.split(", ")
        options = dict(part.split(" ", 1) for part in rest)
        return {"type": kind, **({"scale": int(options["scale"])} if "scale" in options else {}), "many": "many" in options}
