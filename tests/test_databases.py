# SPDX-License-Identifier: Apache-2.0
"""The databases that tests run on are real and fresh."""

from __future__ import annotations

import sqlalchemy as sa


def test_each_test_gets_an_empty_database_of_the_chosen_kind(database_url: str, database_kind: str) -> None:
    engine = sa.create_engine(database_url)

    tables = sa.inspect(engine).get_table_names()

    assert tables == []
    assert engine.dialect.name == database_kind
    engine.dispose()


def test_a_database_keeps_accents_and_bytewise_order(database_url: str) -> None:
    engine = sa.create_engine(database_url)

    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE word (text VARCHAR(20))"))
        connection.execute(sa.text("INSERT INTO word VALUES ('é'), ('z'), ('Z'), ('a')"))
        words = connection.scalars(sa.text("SELECT text FROM word ORDER BY text")).all()

    assert words == ["Z", "a", "z", "é"]
    engine.dispose()
