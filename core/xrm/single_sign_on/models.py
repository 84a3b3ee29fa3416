# SPDX-License-Identifier: Apache-2.0
"""The table of identities elsewhere: which login a provider's subject is."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, Text, UniqueConstraint

from xrm.db.metadata import metadata
from xrm.db.types import Id, UtcDateTime, key_text

external_identity = Table(
    "external_identity",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("issuer", key_text(), nullable=False),
    Column("subject", key_text(), nullable=False),
    Column("email", Text, nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("issuer", "subject"),
)
