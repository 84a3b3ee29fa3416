# SPDX-License-Identifier: Apache-2.0
"""Tables of relationships: what is believed now, and what was believed before a correction."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, Table, Text

from xrm.db.metadata import metadata
from xrm.db.types import Id, UtcDateTime, key_text

relationship = Table(
    "relationship",
    metadata,
    Column("id", Id, primary_key=True),
    Column("type", key_text(), nullable=False),
    Column("source_id", Id, ForeignKey("entity.id", ondelete="CASCADE"), nullable=False),
    Column("target_id", Id, ForeignKey("entity.id", ondelete="CASCADE"), nullable=False),
    Column("valid_from", Date),
    Column("valid_until", Date),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", Id),
    Column("department_id", Id, ForeignKey("department.id")),
    Column("version", Integer, nullable=False),
    Index("ix_relationship_source", "source_id", "type", "target_id"),
    Index("ix_relationship_target", "target_id", "type", "source_id"),
    Index("ix_relationship_type", "type", "id"),
)

relationship_past = Table(
    "relationship_past",
    metadata,
    Column("id", Id, primary_key=True),
    Column("relationship_id", Id, nullable=False, index=True),
    Column("type", key_text(), nullable=False),
    Column("source_id", Id, nullable=False),
    Column("target_id", Id, nullable=False),
    Column("valid_from", Date),
    Column("valid_until", Date),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("replaced_at", UtcDateTime, nullable=False),
    Column("replaced_by", Id),
    Column("department_id", Id),
    Column("version", Integer, nullable=False),
    Column("fields", Text, nullable=False, server_default="{}"),
)
