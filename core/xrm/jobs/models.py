# SPDX-License-Identifier: Apache-2.0
"""Tables of work after commit: events to deliver and jobs to run."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from xrm.db.metadata import metadata
from xrm.db.sequences import waiting_index
from xrm.db.types import Id, UtcDateTime, key_text

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", BigInteger, unique=True),
    Column("at", UtcDateTime, nullable=False),
    Column("event", key_text(), nullable=False),
    Column("department_id", Id),
    Column("payload", Text, nullable=False),
    Column("delivered_at", UtcDateTime),
    Index("ix_outbox_delivered_at", "delivered_at", "id"),
)
waiting_index("ix_outbox_waiting", outbox)

job = Table(
    "job",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", key_text(), nullable=False),
    Column("lane", key_text(), nullable=False, server_default=""),
    Column("department_id", Id, ForeignKey("department.id", ondelete="CASCADE")),
    Column("actor_id", Id),
    Column("payload", Text, nullable=False),
    Column("state", key_text(), nullable=False),
    Column("progress", Integer, nullable=False, server_default="0"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("max_tries", Integer, nullable=False, server_default="10"),
    Column("due_at", UtcDateTime, nullable=False),
    Column("leased_until", UtcDateTime),
    Column("leased_by", Text, nullable=False, server_default=""),
    Column("result", Text, nullable=False, server_default=""),
    Column("error", Text, nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index("ix_job_state_due", "state", "due_at"),
)
