# SPDX-License-Identifier: Apache-2.0
"""What a mapping says against what is declared: types, fields, roles, ends; each problem with its line."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Dictionary

from xrm.contact_points.kinds import HANDLE, KINDS
from xrm.errors import Message, Problem, msg
from xrm.imports.mapping import ContactPointSpec, Mapping, ReferenceSpec, RoleSpec, ThingSpec, ValueSpec
from xrm.schema.fields.places import PARTS
from xrm.schema.registry import EntityType, Fielded, Registry
from xrm.schema.strict_yaml import Document, DocumentPath
from xrm.schema.suggest import unknown


def find_problems(document: Document, mapping: Mapping, registry: Registry) -> list[Problem]:
    """All that is wrong with a mapping whose grammar is right."""
    return _Check(document, mapping, registry).problems()


class _Check:
    """One mapping under examination."""

    def __init__(self, document: Document, mapping: Mapping, registry: Registry) -> None:
        self._document = document
        self._mapping = mapping
        self._registry = registry
        self._found: list[Problem] = []
        self._things = {thing.name: thing for thing in mapping.things}

    def problems(self) -> list[Problem]:
        """Every problem, in no order."""
        if not self._mapping.things and not self._mapping.interactions and not self._mapping.relationships:
            self._add((), msg("Nothing is imported. Say under things what a row becomes."))
        for position, thing in enumerate(self._mapping.things):
            self._thing(thing, [one.name for one in self._mapping.things[:position]])
        for number, link in enumerate(self._mapping.relationships):
            path = ("relationships", number)
            types = self._registry.relationship_types
            declared = self._known(link.relationship, types, "relationship type", (*path, "relationship"))
            self._reference(link.source, (*path, "from"))
            self._reference(link.target, (*path, "to"))
            if declared:
                self._fields(self._registry.relationship_types[link.relationship], link.fields, path)
            self._values({"valid_from": link.valid_from, "valid_until": link.valid_until}, path)
        for number, item in enumerate(self._mapping.interactions):
            path = ("interactions", number)
            self._known(item.interaction, self._registry.interaction_kinds, "kind of interaction", (*path, "interaction"))
            for position, end in enumerate(item.participants):
                self._reference(end, (*path, "participants", position))
            self._values(item.texts, path)
        return self._found

    def _thing(self, thing: ThingSpec, before: list[str]) -> None:
        path = ("things", thing.name)
        types = {name: one for name, one in self._registry.entity_types.items() if one.kind != "role"}
        if not self._known(thing.type, types, "entity type", (*path, "type")):
            return
        entity_type = types[thing.type]
        if not thing.identifiers and not thing.match:
            message = msg("How is it found again at the next run? Write identifiers: {system: column}, or match: [field].")
            self._add(path, message, key=True)
        for key in thing.match:
            self._match(entity_type, thing, key)
        self._values(thing.identifiers, (*path, "identifiers"))
        self._fields(entity_type, thing.fields, path)
        for key, spec in thing.fields.items():
            if spec.refer and spec.refer.thing and spec.refer.thing not in before:
                message = msg("A field can lead only to things written above this one. Change the order.")
                self._add((*path, "fields", key), message)
        for number, role in enumerate(thing.roles):
            self._role(thing, role, (*path, "roles", number))
        for number, point in enumerate(thing.contact_points):
            self._contact_point(point, (*path, "contact_points", number))

    def _match(self, entity_type: EntityType, thing: ThingSpec, key: str) -> None:
        path = ("things", thing.name, "match")
        if not self._known(key, entity_type.fields, "field", path):
            return
        if key not in thing.fields:
            self._add(path, msg("The field {field} is compared but has no value. Write it under fields.", field=key))
        elif key in entity_type.child_tables or "eq" not in entity_type.field_type(key).operators:
            self._add(path, msg("The field {field} cannot be compared. Choose another.", field=key))

    def _role(self, thing: ThingSpec, role: RoleSpec, path: DocumentPath) -> None:
        roles = {one.name: one for one in self._registry.of_kind("role")}
        if not self._known(role.role, roles, "role", (*path, "role")):
            return
        allowed = roles[role.role].declaration.of
        if thing.type not in allowed:
            self._add((*path, "role"), msg("{type} cannot be {role}. Only these can: {allowed}.", type=thing.type, role=role.role,
                                           allowed=", ".join(allowed)))
        self._fields(roles[role.role], role.fields, path)
        self._values({"since": role.since, "until": role.until}, path)

    def _contact_point(self, point: ContactPointSpec, path: DocumentPath) -> None:
        if point.kind not in KINDS and not HANDLE.fullmatch(point.kind):
            self._add((*path, "kind"), unknown("kind of contact point", point.kind, (*KINDS, "handle:network")))
        if (point.value is None) == (not point.parts) or (point.parts and point.kind != "postal"):
            self._add(path, msg("Write value: column; for postal also parts: {street: column, city: column}."))
        for part in point.parts:
            self._known(part, PARTS, "part of an address", (*path, "parts", part))
        self._values({"value": point.value}, path)
        self._values(point.parts, (*path, "parts"))

    def _fields(self, fielded: Fielded, values: Dictionary[str, ValueSpec], path: DocumentPath) -> None:
        for key, spec in values.items():
            place = (*path, "fields", key)
            if not self._known(key, fielded.fields, "field", place, is_key=True):
                continue
            field = fielded.fields[key]
            if field.formula or field.type == "computed":
                self._add(place, msg("This field is computed. Leave it out."), key=True)
            if spec.refer is not None and field.type not in {"link", "links"}:
                self._add(place, msg("refer goes with link fields only; this one is of type {type}.", type=field.type))
        self._values(values, (*path, "fields"))

    def _values(self, values: Dictionary[str, ValueSpec | None] | Dictionary[str, ValueSpec], path: DocumentPath) -> None:
        for key, spec in values.items():
            if spec is None:
                continue
            given = [bool(spec.column), bool(spec.text), spec.value is not None, spec.refer is not None]
            if sum(given) != 1:
                self._add((*path, key), msg("Write one of: column, text, value, refer."))
            if spec.refer is not None:
                self._reference(spec.refer, (*path, key, "refer"))

    def _reference(self, reference: ReferenceSpec, path: DocumentPath) -> None:
        if reference.thing:
            self._known(reference.thing, self._things, "thing", path)
        elif reference.key is not None:
            self._values({"key": reference.key}, path)

    def _known(
        self, word: str, known: Iterable[str], what: str, path: DocumentPath, *, is_key: bool = False
    ) -> bool:
        names = list(known)
        if word in names:
            return True
        self._add(path, unknown(what, word, names), key=is_key)
        return False

    def _add(self, path: DocumentPath, message: Message, *, key: bool = False) -> None:
        self._found.append(self._document.problem(path, message, key=key))
