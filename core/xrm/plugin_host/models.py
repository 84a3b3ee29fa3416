# SPDX-License-Identifier: Apache-2.0
"""Table of plugins in quarantine: what every process has to know, also the one that starts next."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from xrm.db.metadata import metadata
from xrm.db.types import UtcDateTime, key_text

plugin_quarantine = Table(
    "plugin_quarantine",
    metadata,
    Column("plugin", key_text(), primary_key=True),
    Column("since", UtcDateTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("process", Text, nullable=False),
    Column("failures", Text, nullable=False),  # JSON: the last ones, the latest first
)
