# SPDX-License-Identifier: Apache-2.0
"""What administrators added put to what plugins declare; what does not fit is left out and named, never a reason not to start."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from xrm.core_tables import metadata
from xrm.entities.declared_expressions import check_expressions
from xrm.errors import InvalidInput, PluginError, Problem, msg
from xrm.overlay.additions import OWNER, PREFIX, Addition
from xrm.schema.expressions.syntax import parse
from xrm.schema.fields.base import FieldType
from xrm.schema.fields.declaration import check_field
from xrm.schema.grammar.checks import Rules
from xrm.schema.grammar.read import read_entity, read_fields
from xrm.schema.load import ANY_TYPE, Declarations
from xrm.schema.model import EntityDeclaration
from xrm.schema.registry import build_registry
from xrm.schema.strict_yaml import Document
from xrm.schema.suggest import unknown


@dataclass(frozen=True)
class Misfit:
    """An addition that is left out, and why."""

    addition: Addition
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Merged:
    """The declarations with the additions that fit, and those that do not."""

    declarations: Declarations
    misfits: tuple[Misfit, ...] = ()


def rules_for(field_types: Mapping[str, FieldType]) -> Rules:
    """What additions are checked against: the same as entity files."""
    return Rules(field_types, check_field, parse)


def merge(declared: Declarations, additions: Sequence[Addition], field_types: Mapping[str, FieldType]) -> Merged:
    """The declarations of all plugins with what administrators added."""
    if not additions:
        return Merged(declared)
    return _Merging(declared, additions, field_types).run(additions)


class _Merging:
    def __init__(self, declared: Declarations, additions: Sequence[Addition], field_types: Mapping[str, FieldType]) -> None:
        self._declared = declared
        self._field_types = field_types
        self._rules = rules_for(field_types)
        self._types = {one.name: one for one in declared.entities}
        self._known = [*self._types, *(one.type_name for one in additions if one.kind == "type"), *ANY_TYPE]
        self._misfits: list[Misfit] = []

    def run(self, additions: Sequence[Addition]) -> Merged:
        by_type: dict[str, list[Addition]] = {}
        for one in additions:
            if one.kind == "type":
                self._add_type(one)
            else:
                by_type.setdefault(one.type_name, []).append(one)
        for name, some in by_type.items():
            self._add_fields(name, some)
        # What is retired and does not fit any more is missed by nobody.
        misfits = tuple(misfit for misfit in self._misfits if not misfit.addition.is_retired)
        return Merged(replace(self._declared, entities=tuple(self._types.values())), misfits)

    def _add_type(self, one: Addition) -> None:
        try:
            declaration = self._read_type(one)
            self._check(declaration)
        except (InvalidInput, PluginError) as error:
            self._misfits.append(Misfit(one, _problems(error, "entity")))
        else:
            self._types[one.type_name] = declaration

    def _read_type(self, one: Addition) -> EntityDeclaration:
        other = self._types.get(one.type_name)
        if other is not None:
            taken = msg("{plugin} declares a type {name}, too. Rename yours.", plugin=other.plugin, name=other.name)
            raise InvalidInput([Problem("entity", taken, one.file)])
        declaration = read_entity(Document(one.file, dict(one.declaration)), OWNER, self._rules)
        if declaration.kind != "record":
            only = msg("Types that are added here are records. Write kind: record; roles and parties come from plugins.")
            raise InvalidInput([Problem("kind", only, one.file)])
        return declaration

    def _add_fields(self, name: str, some: Sequence[Addition]) -> None:
        base = self._types.get(name)
        if base is None:
            gone = unknown("entity type", name, self._known)
            self._misfits += [Misfit(one, (Problem("entity", gone, one.file),)) for one in some]
            return
        # Before keys moved with their field, the former one stayed behind as a retired field of its own.
        former = {key for one in some for key in one.former}
        some = [one for one in some if not (one.is_retired and one.key in former)]
        if not some:
            return
        try:
            self._types[name] = self._with(base, some)
        except (InvalidInput, PluginError):
            self._types[name] = self._one_by_one(base, some)

    def _one_by_one(self, base: EntityDeclaration, some: Sequence[Addition]) -> EntityDeclaration:
        """The type with every field that fits; again as long as more fit, since one may name another in a condition."""
        waiting = list(some)
        while True:
            left: list[Misfit] = []
            for one in waiting:
                try:
                    base = self._with(base, [one])
                except (InvalidInput, PluginError) as error:
                    left.append(Misfit(one, _problems(error, f"fields.{one.key}")))
            if len(left) == len(waiting):
                self._misfits += left
                return base
            waiting = [misfit.addition for misfit in left]

    def _with(self, base: EntityDeclaration, some: Sequence[Addition]) -> EntityDeclaration:
        given = {"entity": base.name, "fields": {one.key: one.declaration for one in some}}
        document = Document(some[0].file, given)
        _, fields = read_fields(document, self._rules)
        clash = [key for key in fields if key in base.fields]
        if clash:
            taken = msg("The plugin {plugin} declares a field {key}, too. Rename yours.", plugin=base.plugin, key=clash[0])
            raise InvalidInput([Problem(f"fields.{clash[0]}", taken, document.file)])
        renamed = {former: one.key for one in some for former in one.former}
        result = replace(base, fields={**base.fields, **fields}, renamed={**base.renamed, **renamed})
        self._check(result)
        return result

    def _check(self, declaration: EntityDeclaration) -> None:
        """Stop when the type, looked at alone, could not be part of a registry."""
        problems = [
            Problem(f"fields.{key}.to", unknown("type", name, self._known), str(field.location))
            for key, field in declaration.fields.items() if key.startswith(PREFIX) or declaration.plugin == OWNER
            for name in field.to if name not in self._known
        ]
        if problems:
            raise InvalidInput(problems)
        check_expressions(build_registry([declaration], (), (), self._field_types, metadata))


def _problems(error: InvalidInput | PluginError, path: str) -> tuple[Problem, ...]:
    return tuple(error.problems) if isinstance(error, InvalidInput) else (Problem(path, error.message),)


def problems_of(misfits: Iterable[Misfit], ids: Collection[uuid.UUID]) -> list[Problem]:
    """The problems of the additions with these ids."""
    return [problem for misfit in misfits if misfit.addition.id in ids for problem in misfit.problems]
