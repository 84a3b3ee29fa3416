# SPDX-License-Identifier: Apache-2.0
"""From what the grammar read to the frozen declarations of the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xrm.schema.model import (
    Choice,
    EntityDeclaration,
    Field,
    InteractionKind,
    Label,
    MatchRule,
    PageLayout,
    Privacy,
    RelationshipDeclaration,
    Section,
    Stages,
    TypeLabel,
    View,
)
from xrm.schema.strict_yaml import Document, DocumentPath


def build_entity(plugin: str, loaded: Mapping[str, Any], document: Document) -> EntityDeclaration:
    """The declaration of an entity file whose content is right."""
    values = dict(loaded)
    return EntityDeclaration(
        plugin=plugin,
        name=values.pop("entity"),
        label=_type_label(values.pop("label")),
        fields=build_fields(values.pop("fields", {}), document, ("fields",)),
        match=tuple(MatchRule(**rule) for rule in values.pop("match", ())),
        stages=_optional(Stages, values.pop("stages", None)),
        page=_page(values.pop("page", {})),
        views={key: View(key=key, **view) for key, view in values.pop("views", {}).items()},
        privacy=Privacy(**values.pop("privacy", {})),
        location=document.at(("entity",), key=True),
        **values,
    )


def build_relationship(plugin: str, name: str, loaded: Mapping[str, Any], document: Document) -> RelationshipDeclaration:
    """The declaration of one relationship type whose content is right."""
    values = dict(loaded)
    label = values.pop("label")
    path = ("relationships", name)
    return RelationshipDeclaration(
        plugin=plugin,
        name=name,
        forward=_each_language(label, "forward"),
        reverse=_each_language(label, "reverse"),
        fields=build_fields(values.pop("fields", {}), document, (*path, "fields")),
        location=document.at(path, key=True),
        **values,
    )


def build_interaction_kind(plugin: str, name: str, loaded: Mapping[str, Any], document: Document) -> InteractionKind:
    """The declaration of one kind of interaction whose content is right."""
    return InteractionKind(plugin=plugin, name=name, location=document.at(("interactions", name), key=True), **loaded)


def build_fields(loaded: Mapping[str, Mapping[str, Any]], document: Document, path: DocumentPath) -> dict[str, Field]:
    """Fields by key, in the order of the file; ``path`` is where they stand in the document."""
    return {key: build_field(key, values, document, (*path, key)) for key, values in loaded.items()}


def build_field(key: str, loaded: Mapping[str, Any], document: Document, path: DocumentPath) -> Field:
    """One field whose content is right."""
    values = dict(loaded)
    choices = values.pop("choices", {})
    return Field(
        key=key,
        choices=tuple(Choice(name, choice.label, choice.tone, choice.retired) for name, choice in choices.items()),
        location=document.at(path, key=True),
        **values,
    )


def _type_label(loaded: Mapping[str, Mapping[str, str]]) -> TypeLabel:
    gender = {language: names["gender"] for language, names in loaded.items() if "gender" in names}
    return TypeLabel(_each_language(loaded, "one"), _each_language(loaded, "many"), gender)


def _each_language(loaded: Mapping[str, Mapping[str, str]], word: str) -> Label:
    return Label({language: names[word] for language, names in loaded.items()})


def _page(loaded: Mapping[str, Any]) -> PageLayout:
    return PageLayout(loaded.get("highlights", ()), tuple(Section(**section) for section in loaded.get("sections", ())))


def _optional(kind: type[Stages], loaded: Mapping[str, Any] | None) -> Stages | None:
    return None if loaded is None else kind(**loaded)
