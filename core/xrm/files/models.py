# SPDX-License-Identifier: Apache-2.0
"""Table of files: what was uploaded, by whom, for which department; the bytes lie in the instance's folder."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary, Table, Text

from xrm.db.metadata import metadata
from xrm.db.types import Id, UtcDateTime

file = Table(
    "file",
    metadata,
    Column("id", Id, primary_key=True),
    Column("entity_id", Id, ForeignKey("entity.id", ondelete="CASCADE"), index=True),
    Column("department_id", Id, ForeignKey("department.id")),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Id),
)
