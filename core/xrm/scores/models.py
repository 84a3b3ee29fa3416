# SPDX-License-Identifier: Apache-2.0
"""Table of scores: a number about an entity, its band and its reasons, for one model and department."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Table, Text

from xrm.db.metadata import metadata
from xrm.db.types import Id, UtcDateTime, key_text

score = Table(
    "score",
    metadata,
    Column("id", Id, primary_key=True),
    Column("entity_id", Id, ForeignKey("entity.id", ondelete="CASCADE"), nullable=False),
    Column("role_id", Id, ForeignKey("role.id", ondelete="CASCADE")),
    Column("department_id", Id, ForeignKey("department.id", ondelete="CASCADE")),
    Column("model", key_text(), nullable=False),
    Column("value", Float, nullable=False),
    Column("band", Text, nullable=False, server_default=""),
    Column("reasons", Text, nullable=False, server_default="[]"),
    Column("model_version", Text, nullable=False),
    Column("computed_at", UtcDateTime, nullable=False),
    Index("ix_score_entity_model", "entity_id", "model"),
    Index("ix_score_model_department", "model", "department_id", "value", "entity_id"),
)
# Few models score roles: the others need no entry here.
Index(
    "ix_score_role_model", score.c.role_id, score.c.model,
    sqlite_where=score.c.role_id.is_not(None), postgresql_where=score.c.role_id.is_not(None),
)
