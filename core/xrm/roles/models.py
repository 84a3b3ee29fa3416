# SPDX-License-Identifier: Apache-2.0
"""Table of roles: dated facets of a party, one row per department and period; periods are [since, until)."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, Table

from xrm.db.metadata import metadata
from xrm.db.types import Id, UtcDateTime, key_text

role = Table(
    "role",
    metadata,
    Column("id", Id, primary_key=True),
    Column("party_id", Id, ForeignKey("entity.id", ondelete="CASCADE"), nullable=False),
    Column("type", key_text(), nullable=False),
    Column("department_id", Id, ForeignKey("department.id"), nullable=False),
    Column("since", Date),
    Column("until", Date),
    Column("owner_id", Id, ForeignKey("user.id", ondelete="SET NULL"), index=True),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Id),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("updated_by", Id),
    Column("deleted_at", UtcDateTime),
    Index("ix_role_party_id", "party_id", "type"),
    Index("ix_role_department_type", "department_id", "type"),
)
