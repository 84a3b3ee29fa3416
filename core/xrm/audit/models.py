# SPDX-License-Identifier: Apache-2.0
"""Tables of the audit log: values stand apart from digests, so that erasing a value leaves the record whole."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from xrm.db.metadata import metadata
from xrm.db.sequences import waiting_index
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
    Column("chain", LargeBinary(32)),
    Index("ix_audit_entry_entity", "entity_id", "id"),
)
waiting_index("ix_audit_entry_waiting", audit_entry)

audit_value = Table(
    "audit_value",
    metadata,
    Column("audit_entry_id", Id, ForeignKey("audit_entry.id", ondelete="CASCADE"), primary_key=True),
    Column("salt", LargeBinary(16), nullable=False),
    Column("changes", Text, nullable=False),
)

# How far each sequence is (``audit``, ``outbox``), who gives its numbers right now, and what the last verification found.
sequence_head = Table(
    "sequence_head",
    metadata,
    Column("name", key_text(), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("chain", LargeBinary(32)),
    Column("leased_by", Text, nullable=False, server_default=""),
    Column("leased_until", UtcDateTime),
    Column("verified_at", UtcDateTime),
    Column("verified_number", BigInteger),
    Column("problems", Integer, nullable=False, server_default="0"),
)

# Who looked at whom, and who took data out: never changed, but for the count, which is known when an export ends.
access_entry = Table(
    "access_entry",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("user_id", Id),
    Column("via", Text, nullable=False),
    Column("kind", key_text(), nullable=False),
    Column("entity_id", Id),
    Column("type", key_text(), nullable=False, server_default=""),
    Column("filter", Text, nullable=False, server_default=""),
    Column("count", Integer),
    Index("ix_access_entry_entity", "entity_id", "id"),
)

access_entry_entity = Table(
    "access_entry_entity",
    metadata,
    Column("entity_id", Id, primary_key=True),
    Column("access_entry_id", Id, ForeignKey("access_entry.id", ondelete="CASCADE"), primary_key=True),
)
