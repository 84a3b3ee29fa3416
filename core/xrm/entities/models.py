# SPDX-License-Identifier: Apache-2.0
"""Tables of entities: the common row, who sees which party, and how other systems call an entity."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from xrm.db.metadata import metadata
from xrm.db.types import Id, UtcDateTime, key_text

entity = Table(
    "entity",
    metadata,
    Column("id", Id, primary_key=True),
    Column("type", key_text(), nullable=False),
    Column("title", Text, nullable=False),
    Column("title_key", key_text(), nullable=False),
    Column("department_id", Id, ForeignKey("department.id"), nullable=False),
    Column("owner_id", Id, ForeignKey("user.id", ondelete="SET NULL"), index=True),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Id),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("updated_by", Id),
    Column("deleted_at", UtcDateTime),
    Column("merged_into", Id, ForeignKey("entity.id")),
    Index("ix_entity_type_title_key", "type", "title_key", "id"),
    Index("ix_entity_department_updated", "department_id", "updated_at"),
)
# Without it, whoever deletes an entity for good has the database look through all of them for those merged into it.
Index(
    "ix_entity_merged_into", entity.c.merged_into,
    sqlite_where=entity.c.merged_into.is_not(None), postgresql_where=entity.c.merged_into.is_not(None),
)

# Lists, counts and pickers of parties start here: one row per department that may see the party.
party_department = Table(
    "party_department",
    metadata,
    Column("entity_id", Id, ForeignKey("entity.id", ondelete="CASCADE"), primary_key=True),
    Column("department_id", Id, ForeignKey("department.id"), primary_key=True),
    Column("type", key_text(), nullable=False),
    Column("title_key", key_text(), nullable=False),
    Index("ix_party_department_type", "department_id", "type", "title_key", "entity_id"),
    Index("ix_party_department_title_key", "department_id", "title_key", "entity_id"),
)

identifier = Table(
    "identifier",
    metadata,
    Column("system", key_text(), primary_key=True),
    Column("key", key_text(), primary_key=True),
    Column("entity_id", Id, ForeignKey("entity.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
)
