# SPDX-License-Identifier: Apache-2.0
"""Tables of access: users, memberships, permission sets, grants, sessions and the steps of signing in, views as somebody else."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, false

from xrm.db.metadata import DECIDES_RIGHTS, metadata
from xrm.db.types import Id, UtcDateTime, key_text

user = Table(
    "user",
    metadata,
    Column("id", Id, primary_key=True),
    Column("email", Text, nullable=False),
    Column("email_key", key_text(), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text),
    Column("is_active", Boolean, nullable=False),
    Column("language", Text, nullable=False, server_default=""),
    Column("time_zone", Text, nullable=False, server_default=""),
    Column("theme", Text, nullable=False, server_default="auto"),
    Column("density", Text, nullable=False, server_default="normal"),
    Column("created_at", UtcDateTime, nullable=False),
)

membership = Table(
    "membership",
    metadata,
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
    Column("department_id", Id, ForeignKey("department.id", ondelete="CASCADE"), primary_key=True),
    info=DECIDES_RIGHTS,
)

permission_set = Table(
    "permission_set",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", key_text(), nullable=False, unique=True),
    Column("label_en", Text, nullable=False),
    Column("label_fr", Text, nullable=False),
    Column("second_factor", Boolean, nullable=False, server_default=false()),  # who has it needs one to sign in
    info=DECIDES_RIGHTS,
)

permission = Table(
    "permission",
    metadata,
    Column("permission_set_id", Id, ForeignKey("permission_set.id", ondelete="CASCADE"), primary_key=True),
    Column("permission", key_text(), primary_key=True),
    info=DECIDES_RIGHTS,
)

grant = Table(
    "grant",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("permission_set_id", Id, ForeignKey("permission_set.id", ondelete="CASCADE"), nullable=False),
    Column("department_id", Id, ForeignKey("department.id", ondelete="CASCADE")),
    Column("depth", Text, nullable=False),
    info=DECIDES_RIGHTS,
)

session = Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("address", Text, nullable=False, server_default=""),
    Column("agent", Text, nullable=False, server_default=""),
    Column("method", Text, nullable=False, server_default=""),
    Column("confirmed_at", UtcDateTime),  # when the person last proved who they are; nothing: not since a provider said so
    Column("renew_since", UtcDateTime),  # its rights rose: the next request gets a new token
    Column("view_id", Id),  # it shows the pages as somebody else sees them
)

# What one step of signing in hands to the next: opened once, within minutes, by who has the token.
sign_in_ticket = Table(
    "sign_in_ticket",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("purpose", key_text(), nullable=False),
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), index=True),
    Column("method", Text, nullable=False, server_default=""),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

user_view = Table(
    "user_view",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("viewer_id", Id, ForeignKey("user.id", ondelete="CASCADE"), nullable=False),
    Column("viewer_name", Text, nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

sign_in_attempt = Table(
    "sign_in_attempt",
    metadata,
    Column("key", key_text(), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
)

Index("ix_session_expires_at", session.c.expires_at)
Index("ix_sign_in_attempt_last_at", sign_in_attempt.c.last_at)
