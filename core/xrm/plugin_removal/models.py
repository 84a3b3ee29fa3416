# SPDX-License-Identifier: Apache-2.0
"""Table of removed plugins: what was theirs, where it was exported to, and when it goes."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from xrm.db.metadata import metadata
from xrm.db.types import UtcDateTime, key_text

# One row per plugin that was removed and not taken back. ``state``: removing (off, not exported yet), removed (off, data kept),
# dropped (data gone, or going), restoring (data loaded again, still off).
plugin_removal = Table(
    "plugin_removal",
    metadata,
    Column("plugin", key_text(), primary_key=True),
    Column("state", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("belongings", Text, nullable=False),  # JSON: its declarations, kinds, models, channels
    Column("counts", Text, nullable=False),  # JSON: part → rows
    Column("archive", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("removed_at", UtcDateTime, nullable=False),
    Column("removed_by", Text, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("receipt", Text, nullable=False),  # its path, once files and rows are gone
)
