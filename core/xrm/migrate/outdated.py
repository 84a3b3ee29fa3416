# SPDX-License-Identifier: Apache-2.0
"""Declarations that are not the last word: administrators changed theirs after this program read them."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, select

from xrm.errors import Conflict, msg
from xrm.migrate.asking import Wanted
from xrm.overlay.models import schema_version


def is_outdated(connection: Connection, wanted: Wanted) -> bool:
    """Whether administrators changed their fields since what is wanted was read; False where nobody can say."""
    if wanted.overlay_number is None or not inspect(connection).has_table(schema_version.name):
        return False
    return (connection.scalar(select(schema_version.c.number)) or 0) != wanted.overlay_number


def refuse_outdated(connection: Connection, wanted: Wanted) -> None:
    """Stop rather than take back what administrators did in the meantime.

    Raises:
        Conflict: with code ``changed``.
    """
    if is_outdated(connection, wanted):
        raise Conflict(msg("Administrators changed their fields at the same moment. Run it again."), code="changed")
