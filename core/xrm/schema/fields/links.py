# SPDX-License-Identifier: Apache-2.0
"""Links to other entities, and files; kept by their ids. Whether an id is there and visible is the service's question."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

import marshmallow
from sqlalchemy import Column

from xrm.db.types import Id
from xrm.errors import Message, msg
from xrm.schema.fields.base import FieldType, InvalidValue, ParseContext
from xrm.schema.model import Field


class IdType(FieldType):
    """What all references share: one id, compared as a whole."""

    operators: ClassVar[tuple[str, ...]] = ("eq", "ne", "in", "empty", "filled")
    expression_type = "id"
    can_be_many = False
    separators = ";,\n"

    def columns(self, field: Field) -> tuple[Column[Any], ...]:
        """The id."""
        return (Column(field.key, Id()),)

    def read(self, field: Field, raw: object, context: ParseContext) -> uuid.UUID | None:
        """The id from itself or from its text."""
        if raw is None or isinstance(raw, uuid.UUID):
            return raw
        if isinstance(raw, str):
            text = raw.strip()
            if not text:
                return None
            # UUID() also takes braces, "urn:" and stray hyphens; only the two written forms are meant here.
            if len(text) in {32, 36}:
                try:
                    found = uuid.UUID(text)
                except ValueError:
                    found = None
                if found is not None and text.lower() in {str(found), found.hex}:
                    return found
        raise InvalidValue(msg("“{given}” is not an id. Choose an entry from the list, or give its id.", given=str(raw)[:40]))

    def json_one(self, field: Field, value: Any) -> str:
        """The id as text."""
        return str(value)

    def search_one(self, field: Field, value: Any) -> str:
        """Nothing: whoever indexes adds the title behind the id."""
        return ""

    def api_one(self, field: Field) -> marshmallow.fields.Field[Any]:
        """An id as text."""
        return marshmallow.fields.UUID(allow_none=True)


class LinkType(IdType):
    """A link to one entity of the types in ``to``; ``if_gone`` says what happens to it when that entity is deleted."""

    name = "link"
    options = frozenset({"to", "inverse", "dated", "if_gone"})
    input = "link"
    cell = "link"

    def check_options(self, field: Field) -> list[Message]:
        """``to`` and ``if_gone`` are there and agree with the rest."""
        problems = []
        if not field.to:
            problems.append(msg("to is missing. Write which entity types it leads to, like to: [person, organization]."))
        if not field.if_gone:
            problems.append(msg("if_gone is missing. When the other is deleted: clear (the link), remove (this too) or refuse?"))
        if field.if_gone == "clear" and field.required is True:
            problems.append(
                msg("if_gone: clear would empty a required field. Write if_gone: remove or refuse, or required: false.")
            )
        return problems


class LinksType(LinkType):
    """Links to several entities."""

    name = "links"
    input = "links"
    cell = "links"
    multiple = True


class FileType(IdType):
    """An uploaded file."""

    name = "file"
    input = "file"
    cell = "file"
    operators = ("empty", "filled")
    can_be_many = True


class ImageType(FileType):
    """An uploaded picture."""

    name = "image"
    input = "image"
    cell = "image"
