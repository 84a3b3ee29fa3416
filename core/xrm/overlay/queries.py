# SPDX-License-Identifier: Apache-2.0
"""Reads of the overlay: its number, cheap enough for each unit of work, and all that administrators added."""

from __future__ import annotations

import logging

from sqlalchemy import Connection, Engine, inspect, select
from sqlalchemy.exc import DBAPIError

from xrm.db.engine import is_missing, quick_row
from xrm.overlay.additions import Addition, Overlay, from_text
from xrm.overlay.models import guarded_field, overlay, schema_version

logger = logging.getLogger("xrm.overlay")
UNKNOWN = -1
_NUMBER = "SELECT number FROM schema_version WHERE id = 1"


def read_number(engine: Engine) -> int:
    """The schema version: 0 before the first change, -1 when the database does not say."""
    try:
        row = quick_row(engine, _NUMBER)
    except engine.dialect.loaded_dbapi.Error:
        return UNKNOWN
    return int(row[0]) if row else 0


def read_overlay(connection: Connection) -> Overlay:
    """All additions as they are now, with their number."""
    number = connection.scalar(select(schema_version.c.number)) or 0
    rows = connection.execute(select(overlay).order_by(overlay.c.position, overlay.c.id)).all()
    found = (
        Addition(
            row.id, row.kind, row.type_name, row.key, from_text(row.declaration), row.position, row.version, row.base,
            tuple(row.renamed_from.split()),
        )
        for row in rows
    )
    return Overlay(number, tuple(found), read_guarded(connection))


def read_guarded(connection: Connection) -> frozenset[tuple[str, str]]:
    """The fields (type, key) that administrators guard beside the declarations; none before the table is there."""
    if not inspect(connection).has_table(guarded_field.name):
        return frozenset()
    rows = connection.execute(select(guarded_field.c.type_name, guarded_field.c.key))
    return frozenset((row.type_name, row.key) for row in rows)


def load_overlay(engine: Engine) -> Overlay:
    """All additions; none when there are no tables yet or the database does not answer, which the first use will tell."""
    try:
        with engine.connect() as connection:
            return read_overlay(connection)
    except DBAPIError as error:
        if not is_missing(error):
            logger.warning("the fields of administrators cannot be read yet: %s", error.orig)
        return Overlay(UNKNOWN)
