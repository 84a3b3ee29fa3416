# SPDX-License-Identifier: Apache-2.0
"""Table of departments: the units for which plugins are on or off and rights are granted; a tree."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, Table, Text

from xrm.db.metadata import DECIDES_RIGHTS, metadata
from xrm.db.types import Id, UtcDateTime, key_text

department = Table(
    "department",
    metadata,
    Column("id", Id, primary_key=True),
    Column("parent_id", Id, ForeignKey("department.id"), index=True),
    Column("name", Text, nullable=False),
    Column("name_key", key_text(), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    info=DECIDES_RIGHTS,
)

plugin_activation = Table(
    "plugin_activation",
    metadata,
    Column("plugin", Text, primary_key=True),
    Column("department_id", Id, ForeignKey("department.id", ondelete="CASCADE"), primary_key=True),
    Column("is_on", Boolean, nullable=False),
    Column("settings", Text, nullable=False, server_default="{}"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("changed_at", UtcDateTime),
    Column("changed_by", Id),
    info=DECIDES_RIGHTS,
)

# Which plugins who administers one department only may switch on there; no row: those without code of their own.
plugin_offer = Table(
    "plugin_offer",
    metadata,
    Column("plugin", Text, primary_key=True),
    Column("is_offered", Boolean, nullable=False),
)

# One row. Counted up with each change of departments, users, rights and activations; a process that knows a lower number
# reads them anew.
access_version = Table(
    "access_version",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
)
