# SPDX-License-Identifier: Apache-2.0
"""Keeping and asking the full-text index of either database; queries are made of checked words only, never of typed text."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    cast,
    column,
    delete,
    func,
    insert,
    literal,
    literal_column,
    select,
    table,
    text,
)

from xrm.db.bulk import insert_rows
from xrm.search.models import search_document

_PARTS = "scope, strong, normal, weak"
_index = table("search_index", column("rowid"), column("search_index"))


@dataclass(frozen=True)
class Terms:
    """What to look for: beginnings of words, all of one alternative in one document.

    ``within`` narrows to entities by pairs of (types, departments) of which one must hold; no departments means any.
    """

    alternatives: tuple[tuple[str, ...], ...]
    is_strong: bool = False
    within: tuple[tuple[tuple[str, ...], tuple[uuid.UUID, ...]], ...] = ()


def scope_words(type_name: str, departments: Iterable[uuid.UUID]) -> str:
    """The ``scope`` of the documents of an entity, in words that no text contains on PostgreSQL."""
    return " ".join([f"@type{type_name.replace('_', '')}", *(f"@{one.hex}" for one in departments)])


def add_documents(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write documents (rows of ``search_document`` without key) and index them."""
    if not rows:
        return
    if connection.dialect.name != "sqlite":
        insert_rows(connection, search_document, rows)
        return
    last = connection.execute(select(func.coalesce(func.max(search_document.c.key), 0))).scalar_one()
    insert_rows(connection, search_document, rows)
    connection.execute(
        text(f"INSERT INTO search_index(rowid, {_PARTS}) SELECT key, {_PARTS} FROM search_document WHERE key > :last"),  # noqa: S608
        {"last": last},
    )


def remove_documents(connection: Connection, entity_ids: Sequence[uuid.UUID]) -> None:
    """Take the documents of these entities out of table and index."""
    mine = search_document.c.entity_id.in_(entity_ids)
    if connection.dialect.name == "sqlite":
        # FTS5 unlearns a row only when told the very text that it learned.
        columns = [search_document.c[name] for name in _PARTS.split(", ")]
        old = select(literal_column("'delete'"), search_document.c.key, *columns).where(mine)
        target = table("search_index", *(column(name) for name in ("search_index", "rowid", *_PARTS.split(", "))))
        connection.execute(insert(target).from_select(["search_index", "rowid", *_PARTS.split(", ")], old))
    connection.execute(delete(search_document).where(mine))


def remove_all_documents(connection: Connection) -> None:
    """Empty table and index."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("INSERT INTO search_index(search_index) VALUES ('delete-all')"))
    connection.execute(delete(search_document))


def matching(statement: Select[Any], document: FromClause, terms: Terms, connection: Connection) -> Select[Any]:
    """The statement with only those rows of ``document`` that the terms match; on SQLite the latest come first."""
    if connection.dialect.name == "sqlite":
        # "+ 0" keeps SQLite from asking the index once per document instead of walking its matches.
        joined = document.c.key == _index.c.rowid.op("+")(literal_column("0"))
        return statement.where(_match(terms), joined).order_by(_index.c.rowid.desc())
    return statement.where(_holds(document, terms))


def is_matched(document: FromClause, terms: Terms, connection: Connection) -> ColumnElement[bool]:
    """The condition that a row of ``document`` matches, for rows found by other means."""
    if connection.dialect.name == "sqlite":
        # "+ 0" again: else SQLite seeks every match of a common word for each of the few rows.
        key = document.c.key.op("+")(literal_column("0"))
        return key.in_(select(_index.c.rowid).where(_match(terms)))
    return _holds(document, terms)


def matched_keys(terms: Terms, connection: Connection, limit: int) -> Select[Any]:
    """A SELECT of the keys of at most ``limit`` matching documents."""
    if connection.dialect.name == "sqlite":
        return select(_index.c.rowid.label("key")).where(_match(terms)).order_by(_index.c.rowid.desc()).limit(limit)
    return select(search_document.c.key).where(_holds(search_document, terms)).limit(limit)


def _match(terms: Terms) -> ColumnElement[bool]:
    return _index.c.search_index.op("MATCH", is_comparison=True)(_fts_query(terms))


def _holds(document: FromClause, terms: Terms) -> ColumnElement[bool]:
    from sqlalchemy.dialects.postgresql import TSQUERY  # noqa: PLC0415  # slows the start where the other database is used

    vector: ColumnElement[Any] = literal_column(f"{_name(document)}.vector")
    return and_(vector.op("@@", is_comparison=True)(cast(literal(_ts_query(terms)), TSQUERY)))


def _name(document: FromClause) -> str:
    return str(getattr(document, "name", "search_document"))


def _fts_query(terms: Terms) -> str:
    words = " OR ".join("(" + " AND ".join(f'"{word}"*' for word in each) + ")" for each in terms.alternatives)
    columns = "{strong}" if terms.is_strong else "{strong normal weak}"
    query = f"{columns} : ({words})"
    if terms.within:
        query += f" AND scope : ({_scope_query(terms, ' AND ', ' OR ', chr(34), '')})"
    return query


def _ts_query(terms: Terms) -> str:
    mark = "=" if terms.is_strong else ""
    words = " | ".join("(" + " & ".join(f"'{mark}{word}':*" for word in each) + ")" for each in terms.alternatives)
    return f"({words}) & ({_scope_query(terms, ' & ', ' | ', chr(39), '@')})" if terms.within else words


def _scope_query(terms: Terms, both: str, either: str, quote: str, mark: str) -> str:
    groups = []
    for types, departments in terms.within:
        parts = [[f"type{name.replace('_', '')}" for name in types], [one.hex for one in departments]]
        written = ["(" + either.join(f"{quote}{mark}{word}{quote}" for word in part) + ")" for part in parts if part]
        groups.append("(" + both.join(written) + ")")
    return either.join(groups)
