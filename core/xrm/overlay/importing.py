# SPDX-License-Identifier: Apache-2.0
"""Taking in a folder of entity files that another instance exported: all of it in one change, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xrm.db.ids import new_id
from xrm.errors import InvalidInput, NotFound, Problem, msg
from xrm.overlay.additions import OWNER, PREFIX, Addition, Overlay
from xrm.overlay.changing import change_overlay, next_version
from xrm.overlay.fields import base_of, next_position
from xrm.overlay.files import FIELDS, TYPES
from xrm.overlay.merging import rules_for
from xrm.overlay.service import Change, Renaming
from xrm.schema.grammar.checks import Rules
from xrm.schema.grammar.read import read_entity, read_fields
from xrm.schema.strict_yaml import Document, read
from xrm.unit_of_work import Actor

if TYPE_CHECKING:
    from xrm.runtime import Runtime


@dataclass
class Imported:
    """What an import did, each as ``type`` or ``type.field``."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Wanted:
    kind: Any
    type_name: str
    key: str
    declaration: Mapping[str, Any]
    renamed_from: str = ""

    @property
    def name(self) -> str:
        return f"{self.type_name}.{self.key}" if self.key else self.type_name


def import_overlay(runtime: Runtime, actor: Actor, folder: Path) -> Imported:
    """Add and change what the files of a folder declare; what they do not name stays as it is.

    Raises:
        PermissionDenied: without the right to administer the schema everywhere.
        NotFound: when there are no such files.
        InvalidInput: with file and line, when one is wrong; nothing was changed then.
    """
    wanted = _read_folder(folder, rules_for(runtime.host.field_types()))
    bases = {name: base_of(runtime, name) for name in {one.type_name for one in wanted}}
    report = Imported()

    def reckon(before: Overlay) -> Change:
        nonlocal report
        report = Imported()
        return _reckon(before, wanted, bases, report)

    change_overlay(runtime, actor, reckon)
    return report


def _reckon(before: Overlay, wanted: Iterable[_Wanted], bases: Mapping[str, str], report: Imported) -> Change:
    known = {(one.kind, one.type_name, one.key): one for one in before.additions}
    position = next_position(before)
    changed: list[Addition] = []
    renamings: list[Renaming] = []
    for number, one in enumerate(wanted):
        old = known.get((one.kind, one.type_name, one.key))
        base = bases[one.type_name]
        if old is None:
            report.added.append(one.name)
            new = Addition(
                new_id(), one.kind, one.type_name, one.key, one.declaration, position + number, base=base,
                renamed_from=one.renamed_from,
            )
            changed.append(new)
            if one.renamed_from and ("field", one.type_name, one.renamed_from) in known:
                renamings.append(Renaming(one.type_name, one.renamed_from, one.key))
        elif (declaration := _with_lost_fields(old, one)) == old.declaration:
            report.unchanged.append(one.name)
        else:
            report.changed.append(one.name)
            changed.append(next_version(old, declaration=declaration, base=base))
    return Change(changed, renamings)


def _with_lost_fields(old: Addition, new: _Wanted) -> Mapping[str, Any]:
    """The new declaration; fields that it does not name any more are retired, so that their values stay."""
    if old.kind == "field":
        return new.declaration
    fields = dict(new.declaration.get("fields", {}))
    lost = {key: {**one, "retired": True} for key, one in old.declaration.get("fields", {}).items() if key not in fields}
    return {**new.declaration, "fields": {**fields, **lost}} if lost else new.declaration


def _read_folder(folder: Path, rules: Rules) -> list[_Wanted]:
    types, fields = sorted(folder.glob(f"{TYPES}/*.y*ml")), sorted(folder.glob(f"{FIELDS}/*.y*ml"))
    if not types and not fields:
        said = msg("There is nothing to take in: {folder} has no {types}/*.yaml and no {fields}/*.yaml. Name the folder that "
                   "xrm schema export-overlay wrote.", folder=folder, types=TYPES, fields=FIELDS)
        raise NotFound(said)
    problems: list[Problem] = []
    wanted: list[_Wanted] = []
    for take, files in ((_read_type, types), (_read_fields, fields)):
        for file in files:
            try:
                wanted += take(read(file), rules)
            except InvalidInput as error:
                problems += error.problems
    if problems:
        raise InvalidInput(problems)
    return wanted


def _read_type(document: Document, rules: Rules) -> Iterator[_Wanted]:
    declaration = read_entity(document, OWNER, rules)
    yield _Wanted("type", declaration.name, "", document.data)


def _read_fields(document: Document, rules: Rules) -> Iterator[_Wanted]:
    type_name, fields = read_fields(document, rules)
    bare = [key for key in fields if not key.startswith(PREFIX)]
    if bare:
        said = msg('Fields that are added here begin with x_. Write "x_{key}".', key=bare[0])
        raise InvalidInput([document.problem(("fields", bare[0]), said, key=True)])
    came_from = {new: old for old, new in document.data.get("renamed", {}).items()}
    for key in fields:
        yield _Wanted("field", type_name, key, document.data["fields"][key], came_from.get(key, ""))
