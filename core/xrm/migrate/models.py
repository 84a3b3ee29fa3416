# SPDX-License-Identifier: Apache-2.0
"""Tables of schema change: what was declared and made last, the plans that were run, and the ledger of every step."""

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

# Per table: its texts as they were declared and as the database gave them back when it was last applied, and what is kept
# of fields that are declared no more. Intent and drift are differences from these, never between texts of two origins.
schema_object = Table(
    "schema_object",
    metadata,
    Column("table_name", key_text(), primary_key=True),
    Column("owner", key_text(), nullable=False),
    Column("declared", Text, nullable=False),
    Column("live", Text, nullable=False),
    Column("kept", Text, nullable=False),
    Column("applied_at", UtcDateTime, nullable=False),
)

# The version of each owner that last changed its tables: code that is older must not write to them.
schema_owner = Table(
    "schema_owner",
    metadata,
    Column("owner", key_text(), primary_key=True),
    Column("version", Text, nullable=False),
    Column("revisions", Text, nullable=False),
    Column("applied_at", UtcDateTime, nullable=False),
)

# A data step of a plugin (steps/NNNN_name.py) is run once; those that came with the plugin's installation had nothing to do.
schema_data_step = Table(
    "schema_data_step",
    metadata,
    Column("owner", key_text(), primary_key=True),
    Column("name", key_text(), primary_key=True),
    Column("applied_at", UtcDateTime, nullable=False),
    Column("checksum", Text),  # of its file when its plan ended; none where it is not known
)

# Entity types whose titles and search documents a change left out of date, until they are made anew.
schema_stale = Table("schema_stale", metadata, Column("type", key_text(), primary_key=True))

# The sum of how each field was applied: one look tells a program whether it reads the columns as what they are.
schema_meaning = Table(
    "schema_meaning",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("checksum", Text, nullable=False),
)

schema_plan = Table(
    "schema_plan",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),  # running, done, rolling back, rolled back
    Column("steps", Text, nullable=False),
    Column("before", Text, nullable=False),  # what applied and objects said, for the way back
    Column("after", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
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
    Column("plan_number", Integer),
    Column("step_number", Integer),
    Column("state", Text, nullable=False, server_default="done"),  # running, done, reverted
    Column("progress", Text),
)
