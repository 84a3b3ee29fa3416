# SPDX-License-Identifier: Apache-2.0
"""Table of departments: the units for which plugins are on or off and rights are granted; a tree."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Table, Text

from xrm.db.metadata import metadata
from xrm.db.types import Id, UtcDateTime, key_text

department = Table(
    "department",
    metadata,
    Column("id", Id, primary_key=True),
    Column("parent_id", Id, ForeignKey("department.id"), index=True),
    Column("name", Text, nullable=False),
    Column("name_key", key_text(), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

plugin_activation = Table(
    "plugin_activation",
    metadata,
    Column("plugin", Text, primary_key=True),
    Column("department_id", Id, ForeignKey("department.id", ondelete="CASCADE"), primary_key=True),
    Column("is_on", Boolean, nullable=False),
    Column("settings", Text, nullable=False, server_default="{}"),
)
