# SPDX-License-Identifier: Apache-2.0
"""A damaged page and a missing part are found at the start, keep everybody from writing, and let reading go on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.factories.access import Departments
from tests.instances import BASE, PreparedDatabases, open_with
from xrm.db.damage import forget_damage, noted_damage
from xrm.db.engine import for_writing
from xrm.db.health import find_damage, find_damage_quickly
from xrm.entities.listing import ListQuery
from xrm.entities.queries import list_entities
from xrm.entities.service import create_entity
from xrm.errors import ConfigurationError
from xrm.migrate.drift import find_drift
from xrm.migrate.missing import find_missing, make_missing_indexes
from xrm.runtime import READ_ONLY, Runtime
from xrm.unit_of_work import Actor

FILL = ("CREATE TABLE scratch (a text)", "INSERT INTO scratch VALUES ('one')")
PLACE = {
    "sqlite": "SELECT '', (rootpage - 1) * 4096 FROM sqlite_master WHERE name = 'scratch'",
    "postgresql": "SELECT setting || '/' || pg_relation_filepath('scratch'), 0 FROM pg_settings WHERE name = 'data_directory'",
}


def run(runtime: Runtime, *statements: str) -> None:
    """What an operator does by hand."""
    with for_writing(runtime.engine.connect()) as connection, connection.begin():
        for statement in statements:
            connection.execute(text(statement))


def an_index(runtime: Runtime) -> str:
    """The name of one of those on people."""
    return sorted(str(index.name) for index in runtime.registry.table_set.tables["person"].indexes)[0]


@pytest.fixture
def damaged(runtime: Runtime, prepared_databases: PreparedDatabases, admin: Actor, departments: Departments) -> Iterator[Runtime]:
    """An instance with a person and with a table whose first page on the disk was overwritten."""
    a_person(runtime, admin, departments)
    kind, url = runtime.engine.dialect.name, runtime.settings.database_url
    run(runtime, *FILL)
    runtime.engine.dispose()
    if kind == "postgresql":
        # Of a copy, no page is in the server's memory yet.
        url = prepared_databases.postgres.create(template=url.rpartition("/")[2])
    opened = open_with(replace(runtime.settings, database_url=url), BASE)
    with opened.engine.connect() as connection:
        found = connection.execute(text(PLACE[kind])).one()
    opened.engine.dispose()
    with Path(found[0] or opened.engine.url.database or "").open("r+b") as file:
        file.seek(found[1])
        file.write(b"\xff" * 64)
    yield opened
    opened.close()
    if kind == "postgresql":
        prepared_databases.drop(url)


def a_person(runtime: Runtime, admin: Actor, departments: Departments) -> None:
    """Write one."""
    runtime.write(lambda uow: create_entity(uow, "person", {"last_name": "Abel"}, department=departments.sales), admin)


def test_a_whole_database_is_found_whole(runtime: Runtime) -> None:
    assert (find_damage(runtime.engine), runtime.look_for_damage(), noted_damage(runtime.settings.home)) == ([], [], [])


def test_a_damaged_page_is_found(damaged: Runtime) -> None:
    found = find_damage(damaged.engine)

    assert found
    assert any(words in found[0] for words in ("invalid page", "btree", "malformed", "Tree"))


def test_what_was_read_damaged_keeps_everybody_from_writing_and_reading_goes_on(
    damaged: Runtime, admin: Actor, departments: Departments
) -> None:
    with pytest.raises(ConfigurationError):
        damaged.read(lambda uow: uow.execute(text("SELECT * FROM scratch")).all(), admin)

    with pytest.raises(ConfigurationError, match="xrm backup restore FILE") as refused:
        a_person(damaged, admin, departments)

    assert refused.value.code == READ_ONLY
    assert len(damaged.read(lambda uow: list_entities(uow, ListQuery("person")), admin).items) == 1


def test_a_quick_look_finds_a_damaged_page_of_a_small_sqlite_database(damaged: Runtime) -> None:
    is_found = bool(damaged.look_for_damage())

    # PostgreSQL notices what is damaged when it is read.
    assert is_found == (damaged.engine.dialect.name == "sqlite")
    assert bool(noted_damage(damaged.settings.home)) == is_found


@pytest.mark.parametrize("statement", ["DROP INDEX {index}", "ALTER TABLE {table} DROP COLUMN {column}", "DROP TABLE {table}"])
def test_what_is_missing_is_named_and_keeps_everybody_from_writing(
    runtime: Runtime, admin: Actor, departments: Departments, statement: str
) -> None:
    names = {"index": an_index(runtime), "table": "relationship_past", "column": "version"}
    run(runtime, statement.format(**names))

    found = runtime.look_for_damage()

    assert len(found) == 1, found
    assert any(name in found[0] for name in names.values())
    with pytest.raises(ConfigurationError, match="missing"):
        a_person(runtime, admin, departments)


def test_a_missing_index_is_made_again_as_it_was(runtime: Runtime, admin: Actor, departments: Departments) -> None:
    run(runtime, f"DROP INDEX {an_index(runtime)}")
    assert runtime.look_for_damage()

    made, failed = make_missing_indexes(runtime.engine)
    forget_damage(runtime.settings.home)

    assert ([one.name for one in made], failed) == ([an_index(runtime)], [])
    assert (find_missing(runtime.engine), find_drift(runtime.engine)) == ([], [])
    a_person(runtime, admin, departments)


def testan_index_that_is_not_valid_is_made_again(runtime: Runtime) -> None:
    if runtime.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no such indexes")
    statement = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{index}'::regclass"
    run(runtime, statement.format(index=an_index(runtime)))

    found = find_missing(runtime.engine)
    make_missing_indexes(runtime.engine)

    assert [(one.name, one.is_broken) for one in found] == [(an_index(runtime), True)]
    assert find_missing(runtime.engine) == []


def test_a_look_at_a_large_database_ends_in_time(runtime: Runtime) -> None:
    if runtime.engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL is asked what it noticed, however much it holds")
    rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) SELECT hex(randomblob(400)) FROM n"
    run(runtime, "CREATE TABLE large (a text)", f"INSERT INTO large {rows}")

    begin = time.perf_counter()
    found = find_damage_quickly(runtime.engine, 0.002)

    assert found == []
    assert time.perf_counter() - begin < 0.5
