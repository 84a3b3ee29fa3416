# SPDX-License-Identifier: Apache-2.0
"""Table of findings that an administrator does not want to see for a while."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from xrm.db.metadata import metadata
from xrm.db.types import UtcDateTime, key_text

health_snooze = Table(
    "health_snooze",
    metadata,
    Column("check_key", key_text(), primary_key=True),
    Column("until", UtcDateTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", UtcDateTime, nullable=False),
)
