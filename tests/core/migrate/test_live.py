# SPDX-License-Identifier: Apache-2.0
"""Whatever is changed by hand in a database is seen in its catalog, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
import sqlalchemy as sa

from xrm.db.engine import open_engine
from xrm.migrate.catalog import differences
from xrm.migrate.live import read_catalog
from xrm.runtime import Runtime

OWNER = "CREATE TABLE owner (id INTEGER NOT NULL, CONSTRAINT pk_owner PRIMARY KEY (id))"
THING = """CREATE TABLE thing (
  id INTEGER NOT NULL, owner_id INTEGER, name TEXT NOT NULL, size INTEGER DEFAULT 1, place TEXT, note TEXT,
  twice INTEGER GENERATED ALWAYS AS (size * 2) STORED,
  CONSTRAINT pk_thing PRIMARY KEY (id),
  CONSTRAINT uq_thing_place UNIQUE (place),
  CONSTRAINT ck_thing_size CHECK (size > 0),
  CONSTRAINT fk_thing_owner_id FOREIGN KEY(owner_id) REFERENCES owner (id) ON DELETE CASCADE)"""
INDEXES = (
    "CREATE INDEX ix_thing_name ON thing (name)",
    "CREATE INDEX ix_thing_open ON thing (name, id) WHERE place IS NOT NULL",
)
VIEW = "CREATE VIEW named AS SELECT id, name FROM thing"
FTS = "CREATE VIRTUAL TABLE words USING fts5(strong, weak, content='thing', content_rowid='id')"
TRIGGER = "CREATE TRIGGER keep BEFORE DELETE ON THING BEGIN SELECT RAISE(ABORT, 'kept'); END"
FUNCTION = "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
PG_TRIGGER = "CREATE TRIGGER keep BEFORE DELETE ON thing FOR EACH ROW EXECUTE FUNCTION keep()"

Parts = set[tuple[str, str, str]]
FOREIGN_KEY = "fk_thing_owner_id FOREIGN KEY(owner_id) REFERENCES owner (id)"


def rebuilt(before: str, after: str) -> list[str]:
    """SQLite changes most of a table only by making it anew."""
    assert THING.count(before) == 1
    return ["DROP TABLE thing", THING.replace(before, after), *INDEXES]


def altered(*actions: str) -> list[str]:
    return [f"ALTER TABLE thing {action}" for action in actions]


def again(name: str, definition: str) -> list[str]:
    return [f"DROP INDEX {name}", f"CREATE {definition}"]


def column(name: str) -> Parts:
    return {("thing", "column", name)}


def constraint(name: str) -> Parts:
    return {("thing", "constraint", name)}


def index(name: str) -> Parts:
    return {("thing", "index", name)}


# what is done: (on SQLite, on PostgreSQL, what differs then)
BY_HAND: dict[str, tuple[Sequence[str], Sequence[str], Parts]] = {
    "column added": (altered("ADD COLUMN more TEXT"), altered("ADD COLUMN more text"), column("more")),
    "column dropped": (altered("DROP COLUMN note"), altered("DROP COLUMN note"), column("note")),
    "column renamed": (
        altered("RENAME COLUMN note TO remark"), altered("RENAME COLUMN note TO remark"),
        {("thing", "column", "note"), ("thing", "column", "remark")},
    ),
    "type": (
        rebuilt("note TEXT", "note VARCHAR(40)"), altered("ALTER COLUMN note TYPE varchar(40)"), column("note"),
    ),
    "collation": (
        rebuilt("note TEXT", "note TEXT COLLATE NOCASE"), altered('ALTER COLUMN note TYPE text COLLATE "POSIX"'),
        column("note"),
    ),
    "empty allowed": (rebuilt("name TEXT NOT NULL", "name TEXT"), altered("ALTER name DROP NOT NULL"), column("name")),
    "empty forbidden": (rebuilt("note TEXT", "note TEXT NOT NULL"), altered("ALTER note SET NOT NULL"), column("note")),
    "default": (rebuilt("DEFAULT 1", "DEFAULT 2"), altered("ALTER size SET DEFAULT 2"), column("size")),
    "default dropped": (rebuilt(" DEFAULT 1", ""), altered("ALTER size DROP DEFAULT"), column("size")),
    "generated expression": (
        rebuilt("size * 2", "size * 3"), altered("ALTER twice SET EXPRESSION AS (size * 3)"), column("twice"),
    ),
    "generated no more": (
        rebuilt(" GENERATED ALWAYS AS (size * 2) STORED", ""), altered("ALTER twice DROP EXPRESSION"), column("twice"),
    ),
    "check": (
        rebuilt("size > 0", "size > 1"), altered("DROP CONSTRAINT ck_thing_size",
        "ADD CONSTRAINT ck_thing_size CHECK (size > 1)"),
        constraint("ck_thing_size"),
    ),
    "check dropped": (
        rebuilt("CONSTRAINT ck_thing_size CHECK (size > 0),", ""), altered("DROP CONSTRAINT ck_thing_size"),
        constraint("ck_thing_size"),
    ),
    "primary key": (
        rebuilt("PRIMARY KEY (id)", "PRIMARY KEY (id, name)"),
        altered("DROP CONSTRAINT pk_thing", "ADD CONSTRAINT pk_thing PRIMARY KEY (id, name)"), constraint("pk_thing"),
    ),
    "unique of other columns": (
        rebuilt("UNIQUE (place)", "UNIQUE (place, name)"),
        altered("DROP CONSTRAINT uq_thing_place", "ADD CONSTRAINT uq_thing_place UNIQUE (place, name)"),
        constraint("uq_thing_place"),
    ),
    "unique dropped": (
        rebuilt("CONSTRAINT uq_thing_place UNIQUE (place),", ""), altered("DROP CONSTRAINT uq_thing_place"),
        constraint("uq_thing_place"),
    ),
    "on delete": (
        rebuilt("ON DELETE CASCADE", "ON DELETE SET NULL"),
        altered("DROP CONSTRAINT fk_thing_owner_id", f"ADD CONSTRAINT {FOREIGN_KEY} ON DELETE SET NULL"),
        constraint("fk_thing_owner_id"),
    ),
    "deferrable": (
        rebuilt("ON DELETE CASCADE", "ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED"),
        altered("ALTER CONSTRAINT fk_thing_owner_id DEFERRABLE INITIALLY DEFERRED"), constraint("fk_thing_owner_id"),
    ),
    "index dropped": (["DROP INDEX ix_thing_name"], ["DROP INDEX ix_thing_name"], index("ix_thing_name")),
    "index predicate": (
        again("ix_thing_open", "INDEX ix_thing_open ON thing (name, id) WHERE place IS NULL"),
        again("ix_thing_open", "INDEX ix_thing_open ON thing (name, id) WHERE place IS NULL"), index("ix_thing_open"),
    ),
    "index over an expression": (
        again("ix_thing_name", "INDEX ix_thing_name ON thing (lower(name))"),
        again("ix_thing_name", "INDEX ix_thing_name ON thing (lower(name))"), index("ix_thing_name"),
    ),
    "index descending": (
        again("ix_thing_name", "INDEX ix_thing_name ON thing (name DESC)"),
        again("ix_thing_name", "INDEX ix_thing_name ON thing (name DESC)"), index("ix_thing_name"),
    ),
    "index unique": (
        again("ix_thing_name", "UNIQUE INDEX ix_thing_name ON thing (name)"),
        again("ix_thing_name", "UNIQUE INDEX ix_thing_name ON thing (name)"), index("ix_thing_name"),
    ),
    "index in another order": (
        again("ix_thing_open", "INDEX ix_thing_open ON thing (id, name) WHERE place IS NOT NULL"),
        again("ix_thing_open", "INDEX ix_thing_open ON thing (id, name) WHERE place IS NOT NULL"), index("ix_thing_open"),
    ),
    "index added": (
        ["CREATE INDEX ix_thing_note ON thing (note)"], ["CREATE INDEX ix_thing_note ON thing (note)"], index("ix_thing_note"),
    ),
    "table added": (["CREATE TABLE other (id INTEGER)"], ["CREATE TABLE other (id integer)"], {("other", "table", "other")}),
    "table dropped": (
        ["DROP VIEW named", "DROP TABLE thing"], ["DROP TABLE thing CASCADE"],
        {("thing", "table", "thing"), ("named", "table", "named")},
    ),
    "view changed": (
        ["DROP VIEW named", VIEW + " WHERE id > 1"], ["DROP VIEW named", VIEW + " WHERE id > 1"], {("named", "constraint",
        "view")},
    ),
    "view dropped": (["DROP VIEW named"], ["DROP VIEW named"], {("named", "table", "named")}),
    "trigger": ([TRIGGER], [FUNCTION, PG_TRIGGER], constraint("trigger keep")),
}
# what only SQLite has
ON_SQLITE: dict[str, tuple[Sequence[str], Parts]] = {
    "full-text columns": (["DROP TABLE words", FTS.replace("weak", "weaker")], {("words", "constraint", "virtual table")}),
    "full-text dropped": (["DROP TABLE words"], {("words", "table", "words")}),
    "no rowid": ([*rebuilt("CASCADE)", "CASCADE) WITHOUT ROWID")], constraint("without rowid")),
    "generated when read": (rebuilt("STORED", "VIRTUAL"), column("twice")),
    "index collation": (
        again("ix_thing_name", "INDEX ix_thing_name ON thing (name COLLATE NOCASE)"), index("ix_thing_name"),
    ),
}
# what only PostgreSQL has
ON_POSTGRESQL: dict[str, tuple[Sequence[str], Parts]] = {
    "index method": (again("ix_thing_name", "INDEX ix_thing_name ON thing USING hash (name)"), index("ix_thing_name")),
    "trigger off": ([FUNCTION, PG_TRIGGER, *altered("DISABLE TRIGGER keep")], constraint("trigger keep")),
    "check not validated": (altered("ADD CONSTRAINT ck_thing_note CHECK (note <> '') NOT VALID"), constraint("ck_thing_note")),
    "exclusion": (altered("ADD CONSTRAINT ex_thing EXCLUDE USING btree (note WITH =)"), constraint("ex_thing")),
    "identity": (altered("ALTER id ADD GENERATED ALWAYS AS IDENTITY"), column("id")),
    "unlogged": (altered("SET UNLOGGED"), constraint("unlogged")),
    "row security": (
        [*altered("ENABLE ROW LEVEL SECURITY"), "CREATE POLICY small ON thing USING (size < 9)"],
        {("thing", "constraint", "row security"), ("thing", "constraint", "policy small")},
    ),
    "rule": (["CREATE RULE quiet AS ON DELETE TO thing DO INSTEAD NOTHING"], constraint("rule quiet")),
    "materialized view": (["CREATE MATERIALIZED VIEW sums AS SELECT 1 AS one"], {("sums", "table", "sums")}),
}


@pytest.fixture
def connection(database_url: str) -> Iterator[sa.Connection]:
    engine = open_engine(database_url)
    with engine.connect() as opened:
        run(opened, [OWNER, THING, *INDEXES, VIEW, *([FTS] if engine.dialect.name == "sqlite" else [])])
        yield opened
    engine.dispose()


def run(connection: sa.Connection, statements: Sequence[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)
    connection.commit()


def changed(connection: sa.Connection, statements: Sequence[str]) -> Parts:
    before = read_catalog(connection)
    run(connection, statements)
    return {(one.table, one.kind, one.name) for one in differences(before, read_catalog(connection))}


def test_a_database_left_alone_has_no_differences(connection: sa.Connection) -> None:
    rows = ["INSERT INTO owner VALUES (1)", "INSERT INTO thing (id, name) VALUES (1, 'a')"]

    assert changed(connection, [*rows, "ANALYZE"]) == set()


@pytest.mark.parametrize("what", BY_HAND)
def test_each_kind_of_object_changed_by_hand_is_seen(connection: sa.Connection, what: str) -> None:
    on_sqlite, on_postgresql, expected = BY_HAND[what]

    assert changed(connection, on_sqlite if connection.dialect.name == "sqlite" else on_postgresql) == expected


@pytest.mark.parametrize("what", ON_SQLITE)
def test_what_only_sqlite_has_is_seen(connection: sa.Connection, what: str) -> None:
    if connection.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has no such object")
    statements, expected = ON_SQLITE[what]

    assert changed(connection, statements) == expected


@pytest.mark.parametrize("what", ON_POSTGRESQL)
def test_what_only_postgresql_has_is_seen(connection: sa.Connection, what: str) -> None:
    if connection.dialect.name != "postgresql":
        pytest.skip("SQLite has no such object")
    statements, expected = ON_POSTGRESQL[what]

    assert changed(connection, statements) == expected


def test_an_index_that_was_left_half_built_says_so(connection: sa.Connection) -> None:
    if connection.dialect.name != "postgresql":
        pytest.skip("SQLite builds an index whole or not at all")
    run(connection, ["INSERT INTO thing (id, name) VALUES (1, 'a'), (2, 'a')"])
    connection.execution_options(isolation_level="AUTOCOMMIT")
    with pytest.raises(sa.exc.IntegrityError):
        connection.exec_driver_sql("CREATE UNIQUE INDEX CONCURRENTLY ix_thing_half ON thing (name)")

    found = read_catalog(connection)["thing"].indexes

    assert found["ix_thing_half"] == "CREATE UNIQUE INDEX ix_thing_half ON thing USING btree (name) INVALID"


def test_only_the_tables_asked_for_are_read(connection: sa.Connection) -> None:
    whole = read_catalog(connection)

    assert read_catalog(connection, ["thing", "missing"]) == {"thing": whole["thing"]}
    assert read_catalog(connection, []) == {}


def test_tables_that_fts_keeps_for_itself_are_left_out(connection: sa.Connection) -> None:
    expected = {"owner", "thing", "named"} | ({"words"} if connection.dialect.name == "sqlite" else set())

    assert read_catalog(connection).keys() == expected


def test_other_schemas_are_left_out(connection: sa.Connection) -> None:
    if connection.dialect.name != "postgresql":
        pytest.skip("SQLite has no schemas")

    assert changed(connection, ["CREATE SCHEMA aside", "CREATE TABLE aside.thing (id integer)"]) == set()


def test_the_catalog_of_an_instance_has_all_that_is_declared(runtime: Runtime) -> None:
    statements: list[str] = []
    with runtime.engine.connect() as connection:
        connection.begin()
        sa.event.listen(connection, "before_cursor_execute", lambda *given: statements.append(given[2]))
        catalog = read_catalog(connection)

    assert len(statements) == 1
    for table in runtime.registry.table_set.sorted_tables:
        state = catalog[table.name]
        assert set(table.columns.keys()) <= state.columns.keys()
        assert {index.name for index in table.indexes} <= state.indexes.keys()
        # SQLite has the key that counts by itself beside its column, without a name.
        assert {one.name for one in table.constraints} <= state.constraints.keys() | {"pk_search_document"}
        assert len(state.constraints) == len(table.constraints)
