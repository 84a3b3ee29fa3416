# SPDX-License-Identifier: Apache-2.0
"""What must hold inside one file: names that exist, keys that go with the kind, expressions and options that are right."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from xrm.errors import Message, Problem, msg
from xrm.schema.fields.base import FieldType, InvalidValue
from xrm.schema.grammar.build import build_field
from xrm.schema.strict_yaml import Document, DocumentPath
from xrm.schema.suggest import unknown

SYSTEM_COLUMNS = ("title", "party", "since", "until", "owner", "department", "created_at", "updated_at", "type")
_PLACE = re.compile(r"\{([^{}]*)\}")
_LINKS = frozenset({"link", "links"})


@dataclass(frozen=True)
class Rules:
    """What a file is checked against beyond its grammar; each is left out when ``None``.

    ``check_field`` gives the problems of a field of a known type; ``parse_expression`` raises InvalidValue.
    """

    field_types: Mapping[str, FieldType] | None = None
    check_field: Callable[[FieldType, Any], list[Message]] | None = None
    parse_expression: Callable[[str], object] | None = None


class FieldsCheck:
    """Checks the fields at one place of a document, and the names that refer to them."""

    def __init__(
        self, document: Document, loaded: Mapping[str, Any], path: DocumentPath, broken: Collection[Any], rules: Rules
    ) -> None:
        self.document = document
        self.loaded = loaded
        self.path = path
        self.broken = broken
        self.rules = rules
        self.known = _keys_at(document.data, path)

    def problems(self) -> Iterator[Problem]:
        """Problems of the fields themselves."""
        for key, values in self.loaded.items():
            path = (*self.path, key)
            if isinstance(values, Mapping):
                yield from self._expressions(values, path)
                if key not in self.broken and "type" in values:
                    yield from self._field(key, values, path)

    def name(self, name: str, path: DocumentPath, extra: Collection[str] = ()) -> Iterator[Problem]:
        """A problem if no field (and none of ``extra``) has this name."""
        if name not in self.known and name not in extra:
            yield self.document.problem(path, unknown("field", name, [*self.known, *extra]))

    def names(self, names: Collection[str], path: DocumentPath, extra: Collection[str] = ()) -> Iterator[Problem]:
        """A problem for each name in a list that no field has."""
        for index, name in enumerate(names):
            yield from self.name(name, (*path, index), extra)

    def expression(self, text: Any, path: DocumentPath) -> Iterator[Problem]:
        """A problem if the text is not an expression."""
        if self.rules.parse_expression is None or not isinstance(text, str):
            return
        try:
            self.rules.parse_expression(text)
        except InvalidValue as error:
            yield self.document.problem(path, error.message)

    def _expressions(self, values: Mapping[str, Any], path: DocumentPath) -> Iterator[Problem]:
        for key in ("required", "when", "formula"):
            yield from self.expression(values.get(key), (*path, key))
        default = values.get("default")
        if isinstance(default, str) and default.startswith("="):
            yield from self.expression(default[1:], (*path, "default"))

    def _field(self, key: str, values: Mapping[str, Any], path: DocumentPath) -> Iterator[Problem]:
        word = values["type"]
        if word in _LINKS:
            yield from self._link(values, path)
        if self.rules.field_types is None or self.rules.check_field is None:
            return
        field_type = self.rules.field_types.get(word)
        if field_type is None:
            yield self.document.problem((*path, "type"), unknown("field type", word, sorted(self.rules.field_types)))
            return
        for message in self.rules.check_field(field_type, build_field(key, values, self.document, path)):
            yield self.document.problem(path, message, key=True)

    def _link(self, values: Mapping[str, Any], path: DocumentPath) -> Iterator[Problem]:
        if not values.get("to"):
            yield self.document.problem(
                (*path, "to"), msg("A link says where it leads. Write to: [person], or [party], [record], [entity].")
            )
        if "if_gone" not in values:
            said = msg("A link says what happens when its target is deleted. Write if_gone: clear, remove or refuse.")
            yield self.document.problem((*path, "if_gone"), said)


class EntityCheck:
    """Checks a whole entity file; works on the valid part of a file that has other problems too."""

    def __init__(self, document: Document, loaded: Mapping[str, Any], fields: FieldsCheck) -> None:
        self.document = document
        self.loaded = loaded
        self.fields = fields

    def problems(self) -> Iterator[Problem]:
        """Everything that is wrong with the file beyond its grammar."""
        yield from self._file_name()
        yield from self._kind()
        yield from self._templates()
        yield from self.fields.problems()
        yield from self.fields.expression(self.loaded.get("contactable"), ("contactable",))
        yield from self._renamed()
        yield from self._stages()
        yield from self._page()
        yield from self._views()
        for index, rule in enumerate(self.loaded.get("match", ())):
            yield from self.fields.names(rule.get("on", ()), ("match", index, "on"), SYSTEM_COLUMNS)
        yield from self._interchange()

    def _file_name(self) -> Iterator[Problem]:
        name = self.loaded.get("entity")
        path = PurePath(self.document.file)
        if name and self.document.file and path.stem != name:
            said = msg(
                'The file {file} declares "{name}". Call the file {name}.yaml, or correct the name.', file=path.name, name=name
            )
            yield self.document.problem(("entity",), said)

    def _kind(self) -> Iterator[Problem]:
        kind = self.loaded.get("kind")
        if kind is None:
            return
        if kind == "role" and not self.loaded.get("of"):
            yield self.document.problem(("of",), msg("A role says whose it is. Write of: [person, organization]."))
        for key, owner in (("of", "role"), ("single", "role"), ("contactable", "party")):
            if key in self.loaded and kind != owner:
                said = msg("{key} goes only with kind: {owner}. Remove it.", key=key, owner=owner)
                yield self.document.problem((key,), said, key=True)
        if kind == "role" and "title" in self.loaded:
            yield self.document.problem(("title",), msg("A role has the title of its party. Remove title."), key=True)
        if kind != "role" and "title" not in self.document.data:
            yield self.document.problem(
                ("title",), msg('What is one of them called? Write title: "{name}" with a field of the type.')
            )

    def _templates(self) -> Iterator[Problem]:
        for key in ("title", "sort_as", "subtitle"):
            text = self.loaded.get(key, "")
            for name in _PLACE.findall(text):
                yield from self.fields.name(name, (key,))
            if text and not _PLACE.search(text):
                yield self.document.problem(
                    (key,), msg('"{text}" names no field. Write a field in braces: "{{name}}".', text=text)
                )
            elif "{" in _PLACE.sub("", text) or "}" in _PLACE.sub("", text):
                yield self.document.problem((key,), msg('A brace is not closed. Write each field as "{{name}}".', text=text))

    def _renamed(self) -> Iterator[Problem]:
        for old, new in self.loaded.get("renamed", {}).items():
            yield from self.fields.name(new, ("renamed", old))
            if old in self.fields.known:
                said = msg('"{old}" is still a field. Remove the field, or this line.', old=old)
                yield self.document.problem(("renamed", old), said, key=True)

    def _stages(self) -> Iterator[Problem]:
        stages = self.loaded.get("stages", {})
        name = stages.get("field")
        if name is None:
            return
        yield from self.fields.name(name, ("stages", "field"))
        field = self.fields.loaded.get(name)
        if name not in self.fields.known or not isinstance(field, Mapping):
            return
        if field.get("type") != "choice":
            yield self.document.problem(
                ("stages", "field"), msg('"{name}" is no choice. Name a field of type: choice.', name=name)
            )
            return
        choices = _keys_at(self.document.data, (*self.fields.path, name, "choices"))
        for part in ("moves", "asks"):
            for stage, targets in stages.get(part, {}).items():
                yield from self._stage(stage, ("stages", part, stage), choices, key=True)
                if part == "asks":
                    yield from self.fields.names(targets, ("stages", part, stage))
                    continue
                for index, target in enumerate(targets):
                    yield from self._stage(target, ("stages", part, stage, index), choices)

    def _stage(self, stage: str, path: DocumentPath, choices: Collection[str], *, key: bool = False) -> Iterator[Problem]:
        if stage not in choices:
            yield self.document.problem(path, unknown("stage", stage, choices), key=key)

    def _page(self) -> Iterator[Problem]:
        page = self.loaded.get("page", {})
        yield from self.fields.names(page.get("highlights", ()), ("page", "highlights"), SYSTEM_COLUMNS)
        for index, section in enumerate(page.get("sections", ())):
            yield from self.fields.names(section.get("fields", ()), ("page", "sections", index, "fields"), SYSTEM_COLUMNS)

    def _views(self) -> Iterator[Problem]:
        for key, view in self.loaded.get("views", {}).items():
            path = ("views", key)
            yield from self.fields.names(view.get("columns", ()), (*path, "columns"), SYSTEM_COLUMNS)
            sort = [name.removeprefix("-") for name in view.get("sort", ())]
            yield from self.fields.names(sort, (*path, "sort"), SYSTEM_COLUMNS)
            if "group" in view:
                yield from self.fields.name(view["group"], (*path, "group"), SYSTEM_COLUMNS)
            yield from self.fields.expression(view.get("where"), (*path, "where"))

    def _interchange(self) -> Iterator[Problem]:
        for part in ("csv", "vcard"):
            for name in self.loaded.get("interchange", {}).get(part, {}):
                if name not in self.fields.known and name not in SYSTEM_COLUMNS:
                    yield self.document.problem(("interchange", part, name), unknown("field", name, self.fields.known), key=True)
        for index, sample in enumerate(self.loaded.get("samples", ())):
            if not isinstance(sample, dict):
                yield self.document.problem(("samples", index), msg("A sample is a mapping. Write - {field: value, …}."))
                continue
            for name in sample:
                if name not in self.fields.known and name not in SYSTEM_COLUMNS:
                    yield self.document.problem(("samples", index, name), unknown("field", name, self.fields.known), key=True)


def _keys_at(data: Any, path: DocumentPath) -> list[str]:
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return [key for key in data if not key.startswith("x-")] if isinstance(data, dict) else []
