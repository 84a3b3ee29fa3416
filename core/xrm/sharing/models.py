# SPDX-License-Identifier: Apache-2.0
"""The table of shares: one entity lent to a user, or to the members of a department, beside all grants."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Table, Text

from xrm.db.metadata import DECIDES_RIGHTS, metadata
from xrm.db.types import Id, UtcDateTime

share = Table(
    "share",
    metadata,
    Column("id", Id, primary_key=True),
    Column("entity_id", Id, ForeignKey("entity.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE")),  # one of the two says with whom
    Column("department_id", Id, ForeignKey("department.id", ondelete="CASCADE")),
    Column("action", Text, nullable=False),  # read or update
    Column("until", Date),  # the first day on which it no longer holds
    Column("note", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Id),
    Index("uq_share_entity_user", "entity_id", "user_id", unique=True),
    Index("uq_share_entity_department", "entity_id", "department_id", unique=True),
    Index("ix_share_user", "user_id"),
    Index("ix_share_department", "department_id"),
    info=DECIDES_RIGHTS,
)
