# SPDX-License-Identifier: Apache-2.0
"""Tables of schema change: the declaration last applied, per owner, and the ledger of every step."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text

from xrm.db.metadata import metadata
from xrm.db.types import Id, UtcDateTime, key_text

schema_applied = Table(
    "schema_applied",
    metadata,
    Column("owner", key_text(), primary_key=True),
    Column("declaration", Text, nullable=False),
    Column("checksum", Text, nullable=False),
    Column("applied_at", UtcDateTime, nullable=False),
)

schema_ledger = Table(
    "schema_ledger",
    metadata,
    Column("id", Id, primary_key=True),
    Column("position", Integer, nullable=False, unique=True),
    Column("owner", key_text(), nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("statement", Text, nullable=False),
    Column("reverse", Text, nullable=False),
    Column("checksum", Text, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
