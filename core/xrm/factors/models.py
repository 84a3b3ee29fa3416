# SPDX-License-Identifier: Apache-2.0
"""Tables of factors: how users prove who they are besides, or instead of, their password."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, LargeBinary, Table, Text

from xrm.db.metadata import metadata
from xrm.db.types import Id, UtcDateTime

totp = Table(
    "totp",
    metadata,
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
    Column("secret", LargeBinary, nullable=False),  # sealed
    Column("created_at", UtcDateTime, nullable=False),
    Column("confirmed_at", UtcDateTime),  # it counts from then on
    Column("last_step", BigInteger, nullable=False, server_default="0"),  # a code of this step or an earlier one is used up
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
    Column("code_hash", LargeBinary(32), primary_key=True),
    Column("used_at", UtcDateTime),
)

passkey = Table(
    "passkey",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("is_synced", Boolean, nullable=False),  # the maker's cloud holds a copy, so losing the device does not lose it
    Column("created_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)
