# SPDX-License-Identifier: Apache-2.0
"""Table of what administrators set for plugins: everywhere, or for a department."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, Text

from xrm.db.metadata import metadata
from xrm.db.types import Id, UtcDateTime, key_text

plugin_setting = Table(
    "plugin_setting",
    metadata,
    Column("id", Id, primary_key=True),
    Column("plugin", key_text(), nullable=False),
    Column("department_id", Id, ForeignKey("department.id", ondelete="CASCADE"), index=True),  # none: everywhere
    Column("key", key_text(), nullable=False),
    Column("value", Text, nullable=False),
    Column("is_sealed", Boolean, nullable=False),  # the value is a secret, sealed and in hexadecimal
    Column("changed_at", UtcDateTime, nullable=False),
    Column("changed_by", Id),
    Index("ix_plugin_setting_plugin", "plugin", "key"),
)
