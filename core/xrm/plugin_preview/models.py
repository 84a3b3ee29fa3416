# SPDX-License-Identifier: Apache-2.0
"""Table of what was applied of each plugin: an upgrade is told as the difference to it."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text, UniqueConstraint

from xrm.db.metadata import metadata
from xrm.db.types import Id, UtcDateTime, key_text

# One row per plugin and outline, the last one counts. One that was noted at a plan which was taken back counts no more.
plugin_applied = Table(
    "plugin_applied",
    metadata,
    Column("id", Id, primary_key=True),
    Column("plugin", key_text(), nullable=False),
    Column("number", Integer, nullable=False),
    Column("version", Text, nullable=False),
    Column("outline", Text, nullable=False),  # JSON: types, kinds, manifest, names and sizes of files with code
    Column("plan_number", Integer, nullable=False),  # the last schema change when it was noted
    Column("applied_at", UtcDateTime, nullable=False),
    UniqueConstraint("plugin", "number", name="uq_plugin_applied"),
)
