# SPDX-License-Identifier: Apache-2.0
"""Whether a program reads and writes columns as what they are: by the type each field had when it was applied."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.exc import DBAPIError

from xrm.db.engine import is_missing, quick_row
from xrm.errors import Message, msg
from xrm.migrate.former import declared_types, meaning_of
from xrm.migrate.models import schema_applied, schema_meaning
from xrm.schema.model import Field
from xrm.schema.registry import EntityType, Registry, RelationshipType

Meanings = Mapping[str, str]  # table and key of a field → what it is
_NOTED = f"SELECT checksum FROM {schema_meaning.name}"  # noqa: S608  # the name of our own table
BETWEEN = "between"  # instead of a sum: some fields are what they will be, and others what they were


def applied_meanings(declarations: Mapping[str, object]) -> Meanings:
    """What the fields of these declarations are."""
    types = declared_types(declarations)  # type: ignore[arg-type]  # JSON values, as they are stored
    return {f"{table}.{key}": meaning_of(field) for table, one in types.items() for key, field in one.fields.items()}


def write_meanings(connection: Connection, declarations: Mapping[str, object]) -> None:
    """Note the sum of what is applied now."""
    _note(connection, _sum(applied_meanings(declarations)))


def note_between(connection: Connection) -> None:
    """Note that a field changes its type now: until the change is finished or taken back nobody can know what columns are."""
    _note(connection, BETWEEN)


def _note(connection: Connection, text: str) -> None:
    connection.execute(delete(schema_meaning))
    connection.execute(insert(schema_meaning).values(id=1, checksum=text))


def noted_meaning(engine: Engine) -> str:
    """What tells that a field may have another type than before: it is another text then; empty when nothing can be said."""
    try:
        row = quick_row(engine, _NOTED)
    except engine.dialect.loaded_dbapi.Error:
        return ""
    return str(row[0]) if row else ""


def find_misreading(engine: Engine, registry: Registry) -> Message | None:
    """Why this program would misread a field, when one was applied as something else than it declares; else None."""
    everything: list[EntityType | RelationshipType] = [*registry.entity_types.values(), *registry.relationship_types.values()]
    declared = {
        f"{one.table.name}.{key}": _meaning(field) for one in everything if one.table is not None
        for key, field in one.declaration.fields.items()
    }
    try:
        with engine.connect() as connection, connection.begin():
            noted = connection.scalar(select(schema_meaning.c.checksum))
            if noted is None or noted == _sum(declared):
                return None
            if noted == BETWEEN:
                return msg("A change of the schema gives fields another type, and is not finished. Nothing is read or written "
                           "until it is. Look at it with xrm schema status; if it was interrupted, run what that says.")
            rows = connection.execute(select(schema_applied.c.owner, schema_applied.c.declaration))
            applied = applied_meanings({row.owner: json.loads(row.declaration) for row in rows})
    except DBAPIError as error:
        if is_missing(error):
            return None
        raise
    for name in sorted(applied.keys() & declared.keys()):
        if applied[name] != declared[name]:
            return msg("{field} is {applied} in the database, and {declared} for what is installed. Nothing is read or written "
                       "until they agree. Look at it with xrm schema plan, then run xrm schema apply.",
                       field=name, applied=applied[name], declared=declared[name])
    return None


def _meaning(field: Field) -> str:
    parts = {"type": field.type, "scale": field.scale, "many": field.many, "stored": field.stored}
    return meaning_of(parts)


def _sum(meanings: Meanings) -> str:
    return hashlib.sha256(json.dumps(meanings, sort_keys=True).encode()).hexdigest()
