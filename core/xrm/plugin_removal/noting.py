# SPDX-License-Identifier: Apache-2.0
"""The note that a plugin's data was exported: who took which parties and records out."""

from __future__ import annotations

import uuid

from sqlalchemy import text

from xrm.history.access_log import record_export
from xrm.plugin_removal.belongings import Belongings
from xrm.plugin_removal.parts import find_extent
from xrm.unit_of_work import UnitOfWork


def note_export(uow: UnitOfWork, belongings: Belongings, count: int) -> None:
    """Note the export of a plugin: its records, and the parties that have its roles."""
    extent = find_extent(uow.connection, belongings)
    ids: set[uuid.UUID] = set()
    for part in extent.parts:
        column = {"entity": "id", "role": "party_id"}.get(part.table)
        if column is not None:
            found = uow.execute(text(f"SELECT {column} FROM {part.table} WHERE {part.condition}")).scalars()  # noqa: S608
            ids.update(one if isinstance(one, uuid.UUID) else uuid.UUID(bytes=bytes(one)) for one in found)
    record_export(uow, belongings.plugin, "", count, sorted(ids))
