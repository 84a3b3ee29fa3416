# SPDX-License-Identifier: Apache-2.0
"""Hits as people read them: title, what kind of thing it is, and why it was found; made for the few that are shown."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from xrm.entities.drafts import fill
from xrm.entities.links import get_titles, linked_ids
from xrm.errors import Message, msg
from xrm.schema.registry import EntityType
from xrm.schema.storage import load_values
from xrm.search.candidates import Candidate
from xrm.search.lines import lines_of
from xrm.search.models import search_document
from xrm.search.sources import Piece, Source, read_sources
from xrm.search.terms import Query
from xrm.search.visibility import visible_document
from xrm.unit_of_work import UnitOfWork

_LONGEST_VALUE = 120


@dataclass(frozen=True)
class Hit:
    """One entity found: ``why`` says which of its values matched, or who it was found through."""

    id: uuid.UUID
    type: str
    title: str
    why: Message
    subtitle: str = ""


def describe(uow: UnitOfWork, query: Query, candidates: Sequence[Candidate]) -> list[Hit]:
    """The hits for these candidates, in their order; at most 500."""
    ids = [one.id for one in candidates]
    pieces = _visible_pieces(uow, ids)
    subtitles = read_subtitles(uow, candidates)
    return [
        Hit(one.id, one.type, one.title, _why(uow, query, pieces.get(one.id, [])), subtitles.get(one.id, ""))
        for one in candidates
    ]


def _visible_pieces(uow: UnitOfWork, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Piece]]:
    document = search_document.c
    statement = select(document.type, document.source_id, document.department_id).where(
        document.entity_id.in_(ids), visible_document(uow, search_document)
    )
    seen = {(row.type, row.source_id, row.department_id) for row in uow.execute(statement)}
    found: dict[uuid.UUID, list[Piece]] = {}
    _, sources = read_sources(uow, ids) if ids else ({}, list[Source]())
    for source in sources:
        if (source.type, source.source_id, source.department) in seen:
            found.setdefault(source.entity_id, []).extend(source.pieces)
    return found


def _why(uow: UnitOfWork, query: Query, pieces: Sequence[Piece]) -> Message:
    texts = [(piece, "\n".join(lines_of(piece))) for piece in pieces]
    # The title shows itself; only what it does not explain needs a word.
    title = next((text for piece, text in texts if piece.kind == "title"), "")
    missing = [word for word in query.words if f" {word}" not in f" {title}".replace("\n", " ")]
    if not missing:
        return msg("Name")
    best, score = None, 0
    for piece, text in texts:
        spaced = f" {text}".replace("\n", " ")
        points = sum(f" {word}" in spaced for word in missing) + 10 * bool(query.joined and f" {query.joined}" in spaced)
        if points > score:
            best, score = piece, points
    return _explain(uow, best) if best is not None and best.kind != "title" else msg("Name")


def _explain(uow: UnitOfWork, piece: Piece) -> Message:
    if piece.kind == "identifier":
        return msg("{system} number: {value}", system=piece.name, value=_short(str(piece.value)))
    if piece.kind == "field" and piece.type is not None:
        declared, language = piece.type.fields[piece.name], _language(uow)
        value = piece.type.field_type(piece.name).format(declared, piece.value, language)
        return msg("{field}: {value}", field=declared.label.get(language), value=_short(value))
    return _explain_address(piece.name, _short(str(piece.value)))


def _explain_address(kind: str, value: str) -> Message:
    if kind == "email":
        return msg("E-mail: {value}", value=value)
    if kind in {"phone", "mobile"}:
        return msg("Phone: {value}", value=value)
    if kind == "fax":
        return msg("Fax: {value}", value=value)
    if kind == "postal":
        return msg("Postal address: {value}", value=value)
    if kind == "url":
        return msg("Web address: {value}", value=value)
    return msg("{network}: {value}", network=kind.partition(":")[2].capitalize(), value=value)


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 1] + "…"


def _language(uow: UnitOfWork) -> str:
    return uow.actor.language or uow.settings.language


def read_subtitles(uow: UnitOfWork, candidates: Sequence[Candidate]) -> dict[uuid.UUID, str]:
    """The line below the title of each, in the reader's language; fields that only some may see stay out."""
    by_type: dict[str, list[uuid.UUID]] = {}
    for one in candidates:
        by_type.setdefault(one.type, []).append(one.id)
    found: dict[uuid.UUID, str] = {}
    for name, ids in by_type.items():
        entity_type = uow.registry.get(name)
        if entity_type.subtitle.names:
            values = load_values(uow.connection, entity_type, entity_type.table, ids)
            found.update(_fill(uow, entity_type, values))
    return found


def _fill(uow: UnitOfWork, entity_type: EntityType, rows: Mapping[uuid.UUID, Mapping[str, Any]]) -> dict[uuid.UUID, str]:
    guarded = uow.registry.guards.get(entity_type.name, {})
    shown = {
        one: {
            name: values.get(name) for name in entity_type.subtitle.names if name in entity_type.fields and name not in guarded
        }
        for one, values in rows.items()
    }
    titles = get_titles(uow, {link for values in shown.values() for link in linked_ids(entity_type, values)})
    return {one: fill(entity_type.subtitle, entity_type, values, titles, _language(uow)) for one, values in shown.items()}
