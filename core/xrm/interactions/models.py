# SPDX-License-Identifier: Apache-2.0
"""Tables of interactions and of who took part in them."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from xrm.db.metadata import metadata
from xrm.db.types import Id, UtcDateTime, key_text

interaction = Table(
    "interaction",
    metadata,
    Column("id", Id, primary_key=True),
    Column("department_id", Id, ForeignKey("department.id"), nullable=False),
    Column("kind", key_text(), nullable=False),
    Column("channel", Text, nullable=False, server_default=""),
    Column("direction", Text, nullable=False, server_default=""),
    Column("subject", Text, nullable=False, server_default=""),
    Column("body", Text, nullable=False, server_default=""),
    Column("outcome", Text, nullable=False, server_default=""),
    Column("duration", Integer),
    Column("thread_id", Id),
    Column("at", UtcDateTime, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Id),
    Column("deleted_at", UtcDateTime),
    Index("ix_interaction_department_at", "department_id", "at"),
)

# ``at`` is copied so that the newest of one party are found in one index.
interaction_participant = Table(
    "interaction_participant",
    metadata,
    Column("interaction_id", Id, ForeignKey("interaction.id", ondelete="CASCADE"), primary_key=True),
    Column("entity_id", Id, ForeignKey("entity.id", ondelete="CASCADE"), primary_key=True),
    Column("part", Text, nullable=False, server_default=""),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_interaction_participant_entity", "entity_id", "at", "interaction_id"),
)
