# SPDX-License-Identifier: Apache-2.0
"""The schema is applied once, written down, and grows by a column when a field is new."""

from __future__ import annotations

from sqlalchemy import MetaData, Text, inspect, select
from sqlalchemy.schema import Column

from tests.factories.threads import run_together
from tests.instances import BASE, open_with
from xrm.db.metadata import NAMING
from xrm.migrate.apply import apply, has_tables, pending
from xrm.migrate.models import schema_ledger
from xrm.runtime import Runtime
from xrm.settings import Settings


def test_applying_twice_changes_nothing(runtime: Runtime) -> None:
    assert has_tables(runtime.engine)
    assert pending(runtime.engine, runtime.registry.table_set) == []
    assert apply(runtime.engine, runtime.registry.table_set, {}) == []


def test_every_step_is_in_the_ledger_in_order(runtime: Runtime) -> None:
    with runtime.engine.connect() as connection:
        rows = connection.execute(select(schema_ledger).order_by(schema_ledger.c.position)).all()

    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    assert {"core", "base"} <= {row.owner for row in rows}
    assert all(row.reverse and row.checksum for row in rows)


def test_a_new_field_adds_a_column(runtime: Runtime) -> None:
    declared = MetaData(naming_convention=NAMING)
    for table in runtime.registry.table_set.sorted_tables:
        table.to_metadata(declared)
    declared.tables["person"].append_column(Column("shoe_size", Text))

    steps = apply(runtime.engine, declared, {})

    assert [(step.action, step.target) for step in steps] == [("add column", "person.shoe_size")]
    assert "shoe_size" in {column["name"] for column in inspect(runtime.engine).get_columns("person")}
    assert apply(runtime.engine, declared, {}) == []


def test_two_who_apply_at_the_same_time_do_it_once(database_url: str, settings: Settings) -> None:
    runtimes = [open_with(Settings(home=settings.home, database_url=database_url), BASE) for _ in range(2)]
    done: list[int] = []

    def run(runtime: Runtime) -> None:
        done.append(len(apply(runtime.engine, runtime.registry.table_set, {})))

    run_together([lambda: run(runtimes[0]), lambda: run(runtimes[1])])
    for one in runtimes:
        one.close()

    assert sorted(done)[0] == 0 < sorted(done)[1]
