# SPDX-License-Identifier: Apache-2.0
"""Table of messages to send: each with its fixed Message-ID, and what became of it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from xrm.db.metadata import metadata
from xrm.db.types import Id, UtcDateTime, key_text

message = Table(
    "message",
    metadata,
    Column("id", Id, primary_key=True),
    Column("message_id", key_text(), nullable=False, unique=True),
    Column("department_id", Id, ForeignKey("department.id"), nullable=False),
    Column("interaction_id", Id, ForeignKey("interaction.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("party_id", Id, ForeignKey("entity.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("contact_point_id", Id, ForeignKey("contact_point.id", ondelete="SET NULL"), index=True),
    Column("channel", key_text(), nullable=False),
    Column("kind", key_text(), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("normalized", key_text(), nullable=False),
    Column("recipient_name", Text, nullable=False, server_default=""),
    Column("subject", Text, nullable=False, server_default=""),
    Column("body", Text, nullable=False, server_default=""),
    Column("state", key_text(), nullable=False),
    Column("attempts", Integer, nullable=False),
    # Attempts whose end nobody knows: the worker was killed between sending and writing it down.
    Column("doubtful", Integer, nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("reference", Text, nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Id),
    Column("sent_at", UtcDateTime),
    Index("ix_message_state", "state", "created_at"),
)
