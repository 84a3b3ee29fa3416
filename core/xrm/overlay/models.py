# SPDX-License-Identifier: Apache-2.0
"""Tables of the overlay: what administrators declared beside the plugins, and the number that tells processes to look again."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from xrm.db.metadata import metadata
from xrm.db.types import Id, UtcDateTime, key_text

overlay = Table(
    "overlay",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),  # field or type
    Column("type_name", key_text(), nullable=False),
    Column("key", key_text(), nullable=False),  # empty for a type
    Column("declaration", Text, nullable=False),  # JSON in the grammar of entity files
    Column("position", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("base", Text, nullable=False),  # what the plugin declared of the type when this was written, as JSON
    Column("renamed_from", key_text(), nullable=False),  # former keys, the first one first, with spaces between
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Id),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("updated_by", Id),
)
Index("uq_overlay_type_name_key", overlay.c.type_name, overlay.c.key, unique=True)

# Fields of plugins that administrators guard; those that they added themselves say so in their declaration.
guarded_field = Table(
    "guarded_field",
    metadata,
    Column("id", Id, primary_key=True),
    Column("type_name", key_text(), nullable=False),
    Column("key", key_text(), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Id),
)
Index("uq_guarded_field_type_name_key", guarded_field.c.type_name, guarded_field.c.key, unique=True)

# One row. Counted up with each change of the overlay; a process that knows a lower number builds its registry anew.
schema_version = Table(
    "schema_version",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
)
