# SPDX-License-Identifier: Apache-2.0
"""Values of every type come back from both databases as they went in, and filters find them alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from tests.core.schema.fields.examples import EVERY_VALUE, FRENCH, VALUES, field_of, parsed
from tests.databases import PostgresDatabases
from xrm.db.engine import open_engine
from xrm.schema.fields.base import InvalidValue
from xrm.schema.fields.builtin import FIELD_TYPES
from xrm.schema.model import Field


@pytest.fixture(scope="module")
def engine(database_kind: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    """An engine on a database of each kind."""
    if database_kind == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('fields') / 'fields.db'}"
    else:
        databases: PostgresDatabases = request.getfixturevalue("postgres_databases")
        url = databases.create()
    made = open_engine(url)
    yield made
    made.dispose()
    if database_kind != "sqlite":
        databases.drop(url)


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection whose work is undone afterwards."""
    with engine.connect() as opened:
        yield opened
        opened.rollback()


def compared(name: str) -> tuple[str, ...]:
    """The filter operators of a field of this type."""
    return FIELD_TYPES[name].operators_for(field_of(name))


def stored(connection: sa.Connection, field: Field, values: Sequence[Any]) -> sa.Table:
    """A table with one row per value, numbered from 1."""
    field_type = FIELD_TYPES[field.type]
    table = sa.Table("kept", sa.MetaData(), sa.Column("number", sa.Integer, primary_key=True), *field_type.columns(field))
    table.create(connection)
    for number, value in enumerate(values, 1):
        connection.execute(table.insert().values(number=number, **field_type.store(field, value)))
    return table


@pytest.mark.parametrize("name", VALUES)
def test_stored_values_load_as_they_were(connection: sa.Connection, name: str) -> None:
    field, field_type = field_of(name), FIELD_TYPES[name]
    values = [one for value in VALUES[name] for one in (value if field_type.is_multiple(field) else [value])]
    table = stored(connection, field, [*values, None])
    rows = connection.execute(table.select().order_by(table.c.number)).mappings()
    assert [field_type.load(field, dict(row)) for row in rows] == [*values, None]


@pytest.mark.parametrize("name", [name for name in VALUES if not FIELD_TYPES[name].multiple])
def test_empty_and_filled_divide_the_rows(connection: sa.Connection, name: str) -> None:
    field = field_of(name)
    table = stored(connection, field, [VALUES[name][0], None])
    assert numbers(connection, table, field, "filled", None) == [1]
    assert numbers(connection, table, field, "empty", None) == [2]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, value in EVERY_VALUE if "eq" in compared(name)])
def test_printed_value_finds_its_row(connection: sa.Connection, name: str, value: Any) -> None:
    field, field_type = field_of(name), FIELD_TYPES[name]
    table = stored(connection, field, [None, value])
    assert numbers(connection, table, field, "eq", field_type.text_one(field, value)) == [2]
    assert numbers(connection, table, field, "ne", field_type.text_one(field, value)) == [1]


def numbers(connection: sa.Connection, table: sa.Table, field: Field, operator: str, raw: object) -> list[int]:
    """The numbers of the rows that a filter finds."""
    condition = FIELD_TYPES[field.type].filter(field, table, operator, raw, FRENCH)
    return list(connection.scalars(sa.select(table.c.number).where(condition).order_by(table.c.number)))


TEXTS = ["Élan", "elan", "100 %", "100 €", "a_b", "Zoë", None]
AMOUNTS = ["10 EUR", "20 EUR", "20 USD", "-5 EUR", None]
MOMENTS = ["2026-01-30 23:59", "2026-01-31 00:00", "2026-01-31 23:59:59", "2026-02-01 00:00", None]


@pytest.mark.parametrize(
    ("name", "given", "operator", "raw", "found"),
    [
        ("text", TEXTS, "eq", "ELAN", [1, 2]),
        ("text", TEXTS, "ne", "elan", [3, 4, 5, 6, 7]),
        ("text", TEXTS, "in", "élan; zoe", [1, 2, 6]),
        ("text", TEXTS, "contains", "LA", [1, 2]),
        ("text", TEXTS, "contains", "0 %", [3]),
        ("text", TEXTS, "contains", "_", [5]),
        ("text", TEXTS, "starts", "él", [1, 2]),
        ("text", TEXTS, "starts", "%", []),
        ("text", TEXTS, "ge", "e", [1, 2, 6]),
        ("text", TEXTS, "between", ["a", "f"], [1, 2, 5]),
        ("long_text", ["L'été\nest là", "hiver", None], "contains", "ETE EST", [1]),
        ("rich_text", ["<p>un <b>é</b>lan</p>", "<p>p</p>"], "contains", "elan", [1]),
        ("rich_text", ["<p>un</p>", "<p>p</p>"], "contains", "p", [2]),
        ("integer", ["-7", "0", "9223372036854775807", None], "between", "-7..0", [1, 2]),
        ("integer", ["-7", "0", None], "between", "0..", [2]),
        ("integer", ["-7", "0", None], "in", "0; -7", [1, 2]),
        ("decimal", ["0,10", "0,30", "1000", None], "gt", "0,1", [2, 3]),
        ("decimal", ["0,10", "0,30", None], "eq", "0.3", [2]),
        ("money", AMOUNTS, "ge", "20", [2, 3]),
        ("money", AMOUNTS, "ge", "10 EUR", [1, 2]),
        ("money", AMOUNTS, "ne", "20 EUR", [1, 3, 4, 5]),
        ("money", AMOUNTS, "between", "0 EUR..20 EUR", [1, 2]),
        ("yes_no", ["oui", "non", None], "ne", "oui", [2, 3]),
        ("date", ["2026-02-28", "2026-03-01", "2026-03-02"], "after", "aujourd'hui", [3]),
        ("date", ["2026-02-28", "2026-03-01", "2026-03-02"], "between", "2026-02-01..today", [1, 2]),
        ("datetime", MOMENTS, "eq", "31/01/2026", [2, 3]),
        ("datetime", MOMENTS, "ne", "31/01/2026", [1, 4, 5]),
        ("datetime", MOMENTS, "after", "2026-01-31", [4]),
        ("datetime", MOMENTS, "before", "2026-01-31", [1]),
        ("datetime", MOMENTS, "le", "2026-01-31", [1, 2, 3]),
        ("datetime", MOMENTS, "between", "2026-01-31..2026-01-31", [2, 3]),
        ("datetime", MOMENTS, "gt", "2026-01-31 00:00", [3, 4]),
        ("duration", ["0:30", "1:30", None], "gt", "45 min", [2]),
        ("choice", ["active", "on_hold", None], "in", "Actif, on_hold", [1, 2]),
        ("email", ["Jean@example.org", "anne@example.org"], "eq", "jean@EXAMPLE.org", [1]),
        ("email", ["Jean@example.org", "anne@example.org"], "contains", "@example.org", [1, 2]),
        ("phone", ["0612345678", "0712345678"], "eq", "+33 6 12 34 56 78", [1]),
        ("phone", ["0612345678", "0712345678"], "contains", "06 12", [1]),
        ("phone", ["0612345678", "0712345678"], "starts", "+336", [1]),
        ("url", ["example.org/A", "example.com"], "contains", "ORG/a", [1]),
        ("country", ["FR", "DE", None], "in", "Allemagne; France", [1, 2]),
        ("address", [{"city": "Nîmes", "country": "FR"}, {"city": "Bern", "country": "CH"}], "contains", "nimes", [1]),
        ("address", [{"city": "Nîmes", "country": "FR"}, {"city": "Bern", "country": "CH"}], "in_country", "Suisse", [2]),
        ("company_number", ["732 829 320", "NO:923609016"], "starts", "732 82", [1]),
        ("rating", ["0", "5", None], "lt", "1", [1]),
    ],
)
def test_filter_finds(
    connection: sa.Connection, name: str, given: Sequence[object], operator: str, raw: object, found: list[int]
) -> None:
    field = field_of(name)
    table = stored(connection, field, [parsed(name, one, FRENCH) for one in given])
    assert numbers(connection, table, field, operator, raw) == found


@pytest.mark.parametrize(
    ("name", "given", "order"),
    [
        ("text", ["Zoë", "élan", "Eland", "a b", "A-b", "Ångström"], [4, 5, 6, 2, 3, 1]),
        ("integer", [10, -7, 9], [2, 3, 1]),
        ("decimal", ["10", "-7.5", "9"], [2, 3, 1]),
        ("money", ["10 EUR", "-7.5 USD", "9 EUR"], [2, 3, 1]),
        ("yes_no", [True, False], [2, 1]),
        ("email", ["b@example.org", "a@example.org"], [2, 1]),
    ],
)
def test_sort_order_is_the_same_on_both_databases(
    connection: sa.Connection, name: str, given: Sequence[object], order: list[int]
) -> None:
    field = field_of(name)
    table = stored(connection, field, [parsed(name, one) for one in given])
    by = FIELD_TYPES[name].sort_column(field, table)
    assert list(connection.scalars(sa.select(table.c.number).order_by(by, table.c.number))) == order


@pytest.mark.parametrize(
    ("name", "operator", "raw", "found"),
    [
        ("tags", "has", "GOLF", [1, 2]),
        ("tags", "has_any", "opera, voile", [2, 3]),
        ("tags", "has_none", "golf", [3, 4]),
        ("tags", "contains", "oi", [3]),
        ("tags", "empty", None, [4]),
        ("tags", "filled", None, [1, 2, 3]),
    ],
)
def test_many_values_are_found_through_their_table(
    connection: sa.Connection, name: str, operator: str, raw: object, found: list[int]
) -> None:
    field, field_type, metadata = field_of(name), FIELD_TYPES[name], sa.MetaData()
    owners = sa.Table("owning", metadata, sa.Column("id", sa.Integer, primary_key=True))
    child = sa.Table("held", metadata, sa.Column("owner_id", sa.Integer), *field_type.columns(field))
    metadata.create_all(connection)
    for owner, values in enumerate([["Golf"], ["golf", "Opéra"], ["voile"], []], 1):
        connection.execute(owners.insert().values(id=owner))
        for value in values:
            connection.execute(child.insert().values(owner_id=owner, **field_type.store(field, value)))
    condition = field_type.filter_many(field, child, owners.c.id, operator, raw, FRENCH)
    assert list(connection.scalars(sa.select(owners.c.id).where(condition).order_by(owners.c.id))) == found


@pytest.mark.parametrize(
    ("name", "operator", "raw"),
    [
        ("text", "matches", "x"),
        ("text", "eq", ""),
        ("text", "contains", "x" * 1001),
        ("json", "eq", "{}"),
        ("integer", "contains", "1"),
        ("integer", "eq", "one"),
        ("tags", "eq", "golf"),
        ("phone", "contains", "abc"),
        ("address", "in_country", "Atlantis"),
        ("money", "between", "1 EUR..2 USD"),
        ("datetime", "eq", "someday"),
    ],
)
def test_filter_that_makes_no_sense_is_refused(name: str, operator: str, raw: object) -> None:
    field, field_type = field_of(name), FIELD_TYPES[name]
    table = sa.Table("kept", sa.MetaData(), *field_type.columns(field))
    with pytest.raises(InvalidValue):
        field_type.filter(field, table, operator, raw, FRENCH)


@pytest.mark.parametrize("name", VALUES)
def test_first_column_has_the_name_of_the_field(name: str) -> None:
    field, field_type = field_of(name), FIELD_TYPES[name]
    names = [column.name for column in field_type.columns(field)]
    assert names[0] == "held"
    assert set(field_type.key_columns(field)) <= set(names)
    assert set(field_type.store(field, None)) == set(names)
