# SPDX-License-Identifier: Apache-2.0
"""Tables of the audit log; values stand apart from digests, so that erasing a value leaves the record whole."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table, Text

from xrm.db.metadata import metadata
from xrm.db.types import Id, UtcDateTime, key_text

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", BigInteger, unique=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Id),
    Column("via", Text, nullable=False),
    Column("action", key_text(), nullable=False),
    Column("subject_type", key_text(), nullable=False),
    Column("subject_id", Id),
    Column("entity_id", Id),
    Column("department_id", Id),
    Column("digest", LargeBinary(32), nullable=False),
    Index("ix_audit_entry_entity", "entity_id", "id"),
)

audit_value = Table(
    "audit_value",
    metadata,
    Column("audit_entry_id", Id, ForeignKey("audit_entry.id", ondelete="CASCADE"), primary_key=True),
    Column("salt", LargeBinary(16), nullable=False),
    Column("changes", Text, nullable=False),
)
