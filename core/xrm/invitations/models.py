# SPDX-License-Identifier: Apache-2.0
"""Tables of one-time links: who may come in by which, until when; and how often links were asked for."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, Table, Text

from xrm.db.metadata import metadata
from xrm.db.types import Id, UtcDateTime, key_text

one_time_link = Table(
    "one_time_link",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("purpose", key_text(), nullable=False),
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Id),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("used_at", UtcDateTime),
)

invitation = Table(
    "invitation",
    metadata,
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
    Column("invited_by", Text, nullable=False, server_default=""),
    Column("sent_at", UtcDateTime, nullable=False),
)

link_request = Table(
    "link_request",
    metadata,
    Column("key", key_text(), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("since", UtcDateTime, nullable=False, index=True),
)
