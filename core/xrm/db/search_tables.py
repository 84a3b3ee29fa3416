# SPDX-License-Identifier: Apache-2.0
"""The full-text index over ``search_document``: FTS5 on SQLite, a generated tsvector with GIN on PostgreSQL."""

from __future__ import annotations

# The text is cut into folded words in Python before it comes here, so both databases index the same words: FTS5's ``ascii``
# leaves them as they are, and so does a cast to tsvector. Ranks by frequency are not used (they tell about hidden text).
_SQLITE = (
    ("create index", "search_index",
     "CREATE VIRTUAL TABLE search_index USING fts5(scope, strong, normal, weak, content='search_document', content_rowid='key', "
     "tokenize='ascii', prefix='2 3', detail=column, columnsize=0)",
     "DROP TABLE search_index"),
)
# Strong words are there twice, once with a mark, because GIN does not keep weights and would read every row to tell.
_POSTGRESQL = (
    ("add column", "search_document.vector",
     "ALTER TABLE search_document ADD COLUMN vector tsvector GENERATED ALWAYS AS "
     "((scope || ' ' || strong || ' ' || normal || ' ' || weak || ' ' || "
     "regexp_replace(strong, '(\\S+)', '=\\1', 'g'))::tsvector) STORED",
     "ALTER TABLE search_document DROP COLUMN vector"),
    ("create index", "ix_search_document_vector",
     "CREATE INDEX ix_search_document_vector ON search_document USING gin (vector)",
     "DROP INDEX ix_search_document_vector"),
)


def search_objects(dialect: str) -> list[tuple[str, str, str, str]]:
    """(table, kind, name, definition) of each part of the full-text index."""
    if dialect == "sqlite":
        return [("search_index", "table", "search_index", _SQLITE[0][2])]
    return [
        ("search_document", "column", "vector", _POSTGRESQL[0][2]),
        ("search_document", "index", "ix_search_document_vector", _POSTGRESQL[1][2]),
    ]


def search_statements(dialect: str) -> list[tuple[str, str, str, str]]:
    """(action, target, statement, reverse) of the whole full-text index."""
    return list(_SQLITE if dialect == "sqlite" else _POSTGRESQL)
