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
from xrm.overlay.changing import Agreed, change_overlay, next_version
from xrm.overlay.fields import base_of, next_position
from xrm.overlay.files import FIELDS, TYPES
from xrm.overlay.merging import rules_for
from xrm.overlay.service import Change
from xrm.schema.grammar.checks import Rules
from xrm.schema.grammar.read import read_entity, read_fields
from xrm.schema.strict_yaml import Document, read
from xrm.unit_of_work import Actor

if TYPE_CHECKING:
    from xrm.runtime import Runtime


@dataclass
class Imported:
    """What an import did, each as ``type`` or ``type.field``; what was renamed, under its new name."""

    added: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Wanted:
    kind: Any
    type_name: str
    key: str
    declaration: Mapping[str, Any]
    former: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.type_name}.{self.key}" if self.key else self.type_name


def import_overlay(runtime: Runtime, actor: Actor, folder: Path, *, agreed: Agreed | None = None) -> Imported:
    """Add and change what the files of a folder declare; what they do not name stays as it is.

    ``agreed`` is asked with the plan before anything is done; when it says no, nothing is, and the report is of what would be.

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

    change_overlay(runtime, actor, reckon, agreed=agreed)
    return report


def _reckon(before: Overlay, wanted: Iterable[_Wanted], bases: Mapping[str, str], report: Imported) -> Change:
    known = {(one.kind, one.type_name, one.key): one for one in before.additions}
    position = next_position(before)
    changed: list[Addition] = []
    for number, one in enumerate(wanted):
        base = bases[one.type_name]
        old = known.get((one.kind, one.type_name, one.key))
        # A rename that was made there is one here: the values stay with their field.
        earlier = None if old is not None else next(filter(None, (
            known.get(("field", one.type_name, key)) for key in reversed(one.former)
        )), None)
        if earlier is not None:
            report.renamed.append(one.name)
            former = tuple(dict.fromkeys((*earlier.former, *one.former[one.former.index(earlier.key):])))
            changed.append(next_version(earlier, key=one.key, declaration=one.declaration, base=base, former=former))
        elif old is None:
            report.added.append(one.name)
            changed.append(Addition(
                new_id(), one.kind, one.type_name, one.key, one.declaration, position + number, base=base, former=one.former
            ))
        elif (declaration := _with_lost_fields(old, one)) == old.declaration:
            report.unchanged.append(one.name)
        else:
            report.changed.append(one.name)
            changed.append(next_version(old, declaration=declaration, base=base))
    return Change(changed)


def _with_lost_fields(old: Addition, new: _Wanted) -> Mapping[str, Any]:
    """The new declaration; fields that it does not name any more are retired, so that their values stay."""
    if old.kind == "field":
        return new.declaration
    fields, renamed = dict(new.declaration.get("fields", {})), new.declaration.get("renamed", {})
    lost = {
        key: {**one, "retired": True} for key, one in old.declaration.get("fields", {}).items()
        if key not in fields and key not in renamed
    }
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
    renamed = document.data.get("renamed", {})
    for key in fields:
        # A former key that stands there too, retired, is what it was renamed to.
        if key not in renamed:
            former = tuple(old for old, new in renamed.items() if new == key)
            yield _Wanted("field", type_name, key, document.data["fields"][key], former)
