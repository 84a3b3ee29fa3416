# SPDX-License-Identifier: Apache-2.0
"""Table of search documents: rebuildable, outside backup; the full-text index over it belongs to ``db/``."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from xrm.db.metadata import metadata
from xrm.db.types import Id, key_text

# One row per entity and source of text: the identity (department NULL: whoever sees the entity), each
# facet, each set of contact points of a department. So hidden text gives neither a hit nor a snippet.
# ``scope`` names the type and departments of the entity, so that common words of other departments cost nothing.
search_document = Table(
    "search_document",
    metadata,
    Column("key", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("entity_id", Id, ForeignKey("entity.id", ondelete="CASCADE"), nullable=False),
    Column("source_id", Id, nullable=False),
    Column("type", key_text(), nullable=False),
    Column("department_id", Id, ForeignKey("department.id", ondelete="CASCADE")),
    Column("scope", Text, nullable=False),
    Column("strong", Text, nullable=False),
    Column("normal", Text, nullable=False),
    Column("weak", Text, nullable=False),
    Index("ix_search_document_entity", "entity_id"),
    # Keys are never used again: a row that went by a cascade leaves words in the index that must not point to another.
    sqlite_autoincrement=True,
)
