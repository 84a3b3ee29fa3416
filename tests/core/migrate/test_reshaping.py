# SPDX-License-Identifier: Apache-2.0
"""Constraints, defaults and empty values of tables with rows change, and nothing hanging on these tables is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, Engine, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint

from tests.factories.evolving import Evolving, labels
from xrm.db.engine import for_writing, open_engine
from xrm.db.metadata import NAMING
from xrm.errors import Conflict, InvalidInput
from xrm.migrate.apply import apply, plan_changes, rollback
from xrm.migrate.asking import Choices, Wanted
from xrm.migrate.catalog import differences
from xrm.migrate.drift import find_drift
from xrm.migrate.live import read_catalog
from xrm.migrate.own_tables import OWN
from xrm.migrate.steps import EXIT_OF_RISK, Plan

ROWS = (
    "INSERT INTO holder (id) VALUES (1), (2)",
    "INSERT INTO thing (id, size, note, holder_id, code) "
    "VALUES (1, 5, 'five', 1, 'a'), (2, 6, NULL, NULL, 'b'), (3, 7, '', 2, 'c')",
    "INSERT INTO part (id, thing_id) VALUES (1, 1), (2, 1), (3, 3)",
)


def declared(**changed: Any) -> MetaData:
    """A thing with a holder above and parts below it; ``changed`` are the parts of its table that are not as usual."""
    metadata = MetaData(naming_convention=NAMING)
    for table in OWN:
        table.to_metadata(metadata)
    usual: dict[str, Any] = {
        "size": Column("size", Integer, nullable=False), "note": Column("note", Text),
        "check": CheckConstraint("size > 0", "size"),
        "holder": Column("holder_id", Integer, ForeignKey("holder.id", ondelete="CASCADE")), "code": Column("code", Text),
    }
    Table("holder", metadata, Column("id", Integer, primary_key=True, autoincrement=False))
    parts = [part for part in {**usual, **changed}.values() if part is not None]
    Table("thing", metadata, Column("id", Integer, primary_key=True, autoincrement=False), *parts, Index("ix_thing_note", "note"))
    Table("part", metadata, Column("id", Integer, primary_key=True, autoincrement=False),
          Column("thing_id", Integer, ForeignKey("thing.id", ondelete="CASCADE"), nullable=False))
    return metadata


CHANGES: dict[str, Callable[[], dict[str, Any]]] = {
    "empty forbidden": lambda: {"code": Column("code", Text, nullable=False)},
    "empty allowed": lambda: {"size": Column("size", Integer)},
    "default": lambda: {"size": Column("size", Integer, nullable=False, server_default="3")},
    "default of words": lambda: {"code": Column("code", Text, server_default=sa.text("'it''s (a) code'"))},
    "check": lambda: {"check": CheckConstraint("size > 4 AND note <> 'x, y'", "size")},
    "check gone": lambda: {"check": None},
    "one more check": lambda: {"more": CheckConstraint("code <> ''", "code")},
    "unique": lambda: {"more": UniqueConstraint("code")},
    "on delete": lambda: {"holder": Column("holder_id", Integer, ForeignKey("holder.id", ondelete="SET NULL"))},
    "reference gone": lambda: {"holder": Column("holder_id", Integer)},
    "wider": lambda: {"size": Column("size", sa.BigInteger, nullable=False)},
    "several": lambda: {
        "size": Column("size", sa.BigInteger, server_default="4"), "check": CheckConstraint("size > 3", "size"),
        "code": Column("code", Text, nullable=False), "holder": Column("holder_id", Integer, ForeignKey("holder.id")),
    },
    "with a new column": lambda: {
        "check": CheckConstraint("size > 0 OR weight > 0", "size"), "weight": Column("weight", Integer),
    },
}
# What the rows do not keep: what is declared, and what the plan says of it.
BROKEN: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "empty": (
        lambda: {"note": Column("note", Text, nullable=False)},
        "thing.note must be filled from now on, and 1 row has no value: 2.",
    ),
    "check": (
        lambda: {"check": CheckConstraint("size > 6", "size")},
        "thing.ck_thing_size asks for (size > 6), and 2 rows have other values: 1, 2.",
    ),
    "reference": (
        lambda: {"size": Column("size", Integer, ForeignKey("holder.id"), nullable=False)},
        "thing.fk_thing_size: each must refer to a row that is there, and 3 rows have none: 1, 2, 3.",
    ),
}


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A database with the first version of the three tables, and rows in them."""
    made = filled(database_url)
    yield made
    made.dispose()


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Engine]:
    """The same, for what only SQLite does."""
    made = filled(f"sqlite:///{tmp_path / 'only.db'}")
    yield made
    made.dispose()


def filled(url: str) -> Engine:
    made = open_engine(url)
    apply(made, declared(), {})
    with for_writing(made.connect()) as connection, connection.begin():
        for statement in ROWS:
            connection.exec_driver_sql(statement)
    return made


def planned(engine: Engine, wanted: MetaData) -> Plan:
    return plan_changes(engine, Wanted(wanted, {}))


def contents(engine: Engine) -> dict[str, list[Any]]:
    with engine.connect() as connection:
        return {
            name: list(connection.exec_driver_sql(f"SELECT {columns} FROM {name} ORDER BY id"))  # noqa: S608
            for name, columns in (("holder", "id"), ("thing", "id, size, note, holder_id, code"), ("part", "id, thing_id"))
        }


def catalog(engine: Engine) -> Any:
    with engine.connect() as connection:
        return {name: one for name, one in read_catalog(connection).items() if not name.startswith("schema_")}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_keeps_every_row_and_can_be_taken_back(engine: Engine, name: str) -> None:
    before, rows = catalog(engine), contents(engine)
    wanted = declared(**CHANGES[name]())

    apply(engine, wanted, {})

    after = catalog(engine)
    assert contents(engine) == rows
    assert {one.table for one in differences(before, after)} == {"thing"}
    assert (labels(planned(engine, wanted).steps), find_drift(engine)) == ([], [])
    rollback(engine)
    assert (differences(before, catalog(engine)), contents(engine), find_drift(engine)) == ([], rows, [])


@pytest.mark.parametrize("name", BROKEN)
def test_rows_that_do_not_fit_are_named_before_anything_is_done(engine: Engine, name: str) -> None:
    changed, said = BROKEN[name]
    before = catalog(engine)

    plan = planned(engine, declared(**changed()))

    assert [problem.startswith(said) for problem in plan.problems] == [True]
    with pytest.raises(InvalidInput):
        apply(engine, declared(**changed()), {})
    assert differences(before, catalog(engine)) == []


def test_a_rule_holds_from_then_on(engine: Engine) -> None:
    apply(engine, declared(**CHANGES["several"]()), {})

    for wrong in ("INSERT INTO thing (id, size, code) VALUES (9, 1, 'x')", "INSERT INTO thing (id) VALUES (9)",
                  "DELETE FROM holder WHERE id = 1"):
        with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
            connection.exec_driver_sql(wrong)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO thing (id, code) VALUES (9, 'x')")
        assert connection.exec_driver_sql("SELECT size FROM thing WHERE id = 9").scalar() == 4


def test_rows_below_stay_and_still_refer_to_the_table(engine: Engine) -> None:
    apply(engine, declared(**CHANGES["empty allowed"]()), {})

    assert len(contents(engine)["part"]) == 3
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM thing WHERE id = 1")
    assert contents(engine)["part"] == [(3, 3)]


def test_with_foreign_keys_on_a_new_table_would_empty_the_rows_below(on_sqlite: Engine) -> None:
    engine = on_sqlite
    with for_writing(engine.connect()) as connection, connection.begin():
        connection.exec_driver_sql("CREATE TABLE new AS SELECT * FROM thing")
        connection.exec_driver_sql("DROP TABLE thing")
        connection.exec_driver_sql("ALTER TABLE new RENAME TO thing")

    assert contents(engine)["part"] == []


def test_what_somebody_made_on_the_table_is_carried_along(on_sqlite: Engine) -> None:
    engine = on_sqlite
    by_hand = (
        "ALTER TABLE thing ADD COLUMN own TEXT DEFAULT 'it''s'",
        "CREATE INDEX own ON thing (own, size DESC) WHERE own IS NOT NULL",
        "CREATE TRIGGER own AFTER INSERT ON part BEGIN UPDATE thing SET own = 'part' WHERE id = NEW.thing_id; END",
        "CREATE TRIGGER kept BEFORE DELETE ON thing WHEN OLD.own = 'kept' BEGIN SELECT RAISE(ABORT, 'kept'); END",
        "CREATE VIEW sized AS SELECT size, own FROM thing",
    )
    with engine.begin() as connection:
        for statement in by_hand:
            connection.exec_driver_sql(statement)
    before = catalog(engine)

    apply(engine, declared(**CHANGES["empty forbidden"]()), {})

    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO part (id, thing_id) VALUES (9, 2)")
        assert connection.exec_driver_sql("SELECT own FROM sized ORDER BY size").scalars().all() == ["it's", "part", "it's"]
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    rollback(engine)
    assert differences(before, catalog(engine)) == []


def test_a_row_that_refers_to_nothing_stops_a_new_table_and_all_is_as_before(on_sqlite: Engine) -> None:
    with on_sqlite.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("INSERT INTO part (id, thing_id) VALUES (9, 99)")
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        connection.exec_driver_sql("BEGIN")
    before = catalog(on_sqlite), contents(on_sqlite)

    with pytest.raises(Conflict, match="part refers to a row of thing that is not there"):
        apply(on_sqlite, declared(**CHANGES["empty forbidden"]()), {})

    assert (catalog(on_sqlite), contents(on_sqlite)) == before
    with on_sqlite.begin() as connection:
        connection.exec_driver_sql("DELETE FROM part WHERE id = 9")
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    apply(on_sqlite, declared(**CHANGES["empty forbidden"]()), {})
    assert find_drift(on_sqlite) == []


def test_only_a_new_table_needs_a_window(engine: Engine) -> None:
    plan = planned(engine, declared(**CHANGES["empty forbidden"]()))

    is_sqlite = engine.dialect.name == "sqlite"
    assert plan.exit_code == EXIT_OF_RISK["window" if is_sqlite else "safe"]
    assert labels(plan.steps) == (
        ["rebuild table thing"] if is_sqlite else ["forbid empty thing.code", "check rows thing.code"]
    )
    assert all(step.is_reversible and step.statement and step.undoing for step in plan.steps)


def test_a_column_that_a_constraint_names_is_let_go_and_comes_back(engine: Engine) -> None:
    before, rows = catalog(engine), contents(engine)
    wanted = declared(holder=None)
    apply(engine, wanted, {})

    apply(engine, wanted, {}, choices=Choices(pruned=["thing.holder_id"]))

    with engine.connect() as connection:
        assert "holder_id" not in read_catalog(connection)["thing"].columns
    assert (labels(planned(engine, wanted).steps), find_drift(engine)) == ([], [])
    rollback(engine, to=1)
    assert (differences(before, catalog(engine)), contents(engine), find_drift(engine)) == ([], rows, [])


def test_a_column_that_is_declared_no_more_keeps_its_reference_and_finds_it_again(engine: Engine) -> None:
    before = catalog(engine)

    apply(engine, declared(holder=None), {})
    apply(engine, declared(), {})

    assert (differences(before, catalog(engine)), labels(planned(engine, declared()).steps), find_drift(engine)) == ([], [], [])


def test_the_reference_of_a_column_that_came_later_changes_too(engine: Engine) -> None:
    def late(when: str) -> MetaData:
        return declared(late=Column("late_id", Integer, ForeignKey("holder.id", ondelete=when)))

    apply(engine, late("CASCADE"), {})
    came = catalog(engine)
    apply(engine, late("SET NULL"), {})

    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE thing SET late_id = 2 WHERE id = 1")
        connection.exec_driver_sql("DELETE FROM holder WHERE id = 2")
        assert connection.exec_driver_sql("SELECT id, late_id FROM thing ORDER BY id").all() == [(1, None), (2, None)]
    assert (labels(planned(engine, late("SET NULL")).steps), find_drift(engine)) == ([], [])
    rollback(engine)
    assert differences(came, catalog(engine)) == []


def test_a_type_that_is_not_wider_is_refused(engine: Engine) -> None:
    plan = planned(engine, declared(note=Column("note", Integer)))

    assert [problem.partition(" ")[0] for problem in plan.problems] == ["thing.note"]


def test_what_happens_when_the_target_of_a_link_goes_changes_without_a_step(evolving: Evolving) -> None:
    link = {"type": "link", "to": ["organization"]}
    evolving.applied({"name": {"type": "text", "required": True}, "yard": {**link, "if_gone": "refuse"}})

    again = evolving.declare({"name": {"type": "text", "required": True}, "yard": {**link, "if_gone": "clear"}})

    assert (labels(evolving.plan(again).steps), evolving.plan(again).problems) == ([], ())
