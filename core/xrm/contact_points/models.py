# SPDX-License-Identifier: Apache-2.0
"""Tables of contact points and of what is known of an address itself, whoever uses it."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Table, Text

from xrm.db.metadata import metadata
from xrm.db.types import Id, UtcDateTime, key_text

contact_point = Table(
    "contact_point",
    metadata,
    Column("id", Id, primary_key=True),
    Column("entity_id", Id, ForeignKey("entity.id", ondelete="CASCADE"), nullable=False),
    Column("department_id", Id, ForeignKey("department.id")),
    Column("kind", key_text(), nullable=False),
    Column("value", Text, nullable=False),
    Column("normalized", key_text(), nullable=False),
    Column("street", Text),
    Column("street2", Text),
    Column("postal_code", Text),
    Column("city", Text),
    Column("region", Text),
    Column("country", Text),
    Column("label", Text, nullable=False, server_default=""),
    Column("preferred", Boolean, nullable=False),
    Column("valid_from", Date),
    Column("valid_until", Date),
    Column("verified_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_contact_point_entity_id", "entity_id"),
    Index("ix_contact_point_normalized", "normalized", "kind"),
)
# NULL departments never collide in a unique index, so shared addresses have an index of their own.
Index(
    "uq_contact_point_open_department",
    contact_point.c.entity_id,
    contact_point.c.kind,
    contact_point.c.normalized,
    contact_point.c.department_id,
    unique=True,
    sqlite_where=contact_point.c.valid_until.is_(None) & contact_point.c.department_id.is_not(None),
    postgresql_where=contact_point.c.valid_until.is_(None) & contact_point.c.department_id.is_not(None),
)
Index(
    "uq_contact_point_open_shared",
    contact_point.c.entity_id,
    contact_point.c.kind,
    contact_point.c.normalized,
    unique=True,
    sqlite_where=contact_point.c.valid_until.is_(None) & contact_point.c.department_id.is_(None),
    postgresql_where=contact_point.c.valid_until.is_(None) & contact_point.c.department_id.is_(None),
)

address_state = Table(
    "address_state",
    metadata,
    Column("kind", key_text(), primary_key=True),
    Column("normalized", key_text(), primary_key=True),
    Column("bounced_at", UtcDateTime),
    Column("bounce_reason", Text, nullable=False, server_default=""),
    Column("objected_at", UtcDateTime),
)
