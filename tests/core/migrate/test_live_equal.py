# SPDX-License-Identifier: Apache-2.0
"""Tables with equal parts read the same, however they were made and written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from xrm.db.engine import open_engine
from xrm.migrate.catalog import Catalog
from xrm.migrate.live import read_catalog


@pytest.fixture
def connection(database_url: str) -> Iterator[sa.Connection]:
    engine = open_engine(database_url)
    with engine.connect() as opened:
        run(opened, "CREATE TABLE owner (id INTEGER NOT NULL, CONSTRAINT pk_owner PRIMARY KEY (id))")
        yield opened
    engine.dispose()


def run(connection: sa.Connection, *statements: str) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)
    connection.commit()


def made(connection: sa.Connection, *statements: str) -> Catalog:
    run(connection, "DROP TABLE IF EXISTS probe", *statements)
    return read_catalog(connection, ["probe"])


def test_a_table_made_at_once_or_step_by_step_reads_the_same(connection: sa.Connection) -> None:
    foreign_key = "CONSTRAINT fk_probe_owner_id {}REFERENCES owner (id) ON DELETE CASCADE"
    at_once = made(
        connection,
        "CREATE TABLE probe (id INTEGER NOT NULL, amount NUMERIC(10, 2) DEFAULT 0 NOT NULL, owner_id INTEGER, "
        f"CONSTRAINT pk_probe PRIMARY KEY (id), CHECK (amount > -1), {foreign_key.format('FOREIGN KEY(owner_id) ')})",
        "CREATE INDEX ix_probe_amount ON probe (amount)",
    )

    named = ["ALTER TABLE probe RENAME CONSTRAINT probe_sum_check TO probe_amount_check"]
    in_steps = made(
        connection,
        'CREATE TABLE "probe" ("id" INTEGER CONSTRAINT pk_probe PRIMARY KEY NOT NULL, gone TEXT)',
        f"ALTER TABLE probe ADD COLUMN owner_id integer {foreign_key.format('')}",
        "ALTER TABLE probe ADD COLUMN sum NUMERIC (10,2) NOT NULL DEFAULT 0 CHECK (sum > -1)",
        "CREATE INDEX ix_probe_amount  ON probe(sum ASC)",
        "ALTER TABLE probe RENAME COLUMN sum TO amount",
        "ALTER TABLE probe DROP COLUMN gone",
        *(named if connection.dialect.name == "postgresql" else []),
    )

    assert in_steps == at_once


def test_a_renamed_table_reads_like_one_that_had_the_name_from_the_start(connection: sa.Connection) -> None:
    columns = (
        "(id INTEGER NOT NULL, parent_id INTEGER, CONSTRAINT pk_probe PRIMARY KEY (id), "
        "CONSTRAINT fk_probe FOREIGN KEY (parent_id)"
    )
    index_of = "CREATE INDEX ix_probe ON {} (parent_id) WHERE parent_id > 1"
    from_start = made(connection, f"CREATE TABLE probe {columns} REFERENCES probe (id))", index_of.format("probe"))

    renamed = made(
        connection, f"CREATE TABLE early {columns} REFERENCES early (id))", index_of.format("early"),
        "ALTER TABLE early RENAME TO probe",
    )

    assert renamed == from_start


def test_names_with_quotes_umlauts_and_brackets(connection: sa.Connection) -> None:
    name, column = 'Größe "neu"', 'é, (a) "b"'
    quoted, quoted_column = ('"' + one.replace('"', '""') + '"' for one in (name, column))
    run(
        connection,
        f"CREATE TABLE {quoted} (id INTEGER NOT NULL PRIMARY KEY, {quoted_column} TEXT DEFAULT 'it''s, (so' NOT NULL UNIQUE, "
        f"\"order\" INTEGER CONSTRAINT \"ck ö\" CHECK (\"order\" > 0), \"Ärger\" TEXT)",
        f'CREATE INDEX "ix ö" ON {quoted} ({quoted_column} DESC)',
        f"CREATE TABLE child (id INTEGER, parent INTEGER CONSTRAINT fk_child REFERENCES {quoted} (id))",
    )

    catalog = read_catalog(connection)

    assert catalog[name].columns.keys() == {"id", column, "order", "Ärger"}
    assert "DEFAULT 'it''s, (so'" in catalog[name].columns[column]
    assert catalog[name].constraints["ck ö"] == 'CHECK ("order" > 0)'
    assert quoted_column in catalog[name].indexes["ix ö"]
    assert quoted in catalog["child"].constraints["fk_child"]


def test_comments_and_white_space_mean_nothing(connection: sa.Connection) -> None:
    plain = made(connection, "CREATE TABLE probe (id INTEGER NOT NULL PRIMARY KEY, size INTEGER CHECK (size > 0 AND size < 9))")

    strange = made(
        connection,
        "create table probe -- a comment, with a comma (and a bracket\n"
        "(id integer /* 'not' */ not null primary key,\n\n size\tinteger check (size>0 and size<9))",
    )

    assert strange == plain


def test_constraints_without_a_name_go_by_kind_and_columns_on_sqlite(connection: sa.Connection) -> None:
    if connection.dialect.name != "sqlite":
        pytest.skip("PostgreSQL gives every constraint a name")
    catalog = made(
        connection,
        "CREATE TABLE probe (a INTEGER CHECK (a > 1), b TEXT UNIQUE, "
        "c INTEGER REFERENCES owner ON UPDATE NO ACTION ON DELETE SET NULL NOT NULL, "
        "PRIMARY KEY (a, b) CHECK (a < 9) UNIQUE (b, c), FOREIGN KEY (a, c) REFERENCES thing (id, size) NOT DEFERRABLE)",
    )

    assert catalog["probe"].columns == {"a": "INTEGER", "b": "TEXT", "c": "INTEGER NOT NULL"}
    assert catalog["probe"].constraints == {
        "primary key": "PRIMARY KEY (a, b)", "unique (b)": "UNIQUE (b)", "unique (b, c)": "UNIQUE (b, c)",
        "check 1": "CHECK (a < 9)", "check 2": "CHECK (a > 1)",
        "foreign key (c)": "FOREIGN KEY (c) REFERENCES owner ON DELETE SET NULL",
        "foreign key (a, c)": "FOREIGN KEY (a, c) REFERENCES thing(id, size)",
    }
