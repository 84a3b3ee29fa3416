# SPDX-License-Identifier: Apache-2.0
"""Rows per second of an import, beside the raw executemany of the same physical rows in the same run.

    python benchmarks/import_rows.py [--rows 100000] [--database URL]

Each row becomes an organization with a customer role and an e-mail address: validated, with identifier, audit, events and
search documents. Prints rows per second, the ratio to raw inserts, and the most memory that was used.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.figures import HEAD, Figure
from xrm.db.engine import WRITE, open_engine
from xrm.departments.service import create_department
from xrm.imports.run import run_import
from xrm.migrate.apply import apply
from xrm.runtime import Runtime, open_runtime
from xrm.settings import create_home, load_settings
from xrm.unit_of_work import system_actor

MAPPING = """
things:
  company:
    type: organization
    identifiers: {bench: id}
    fields: {name: name, city: city, country: country}
    roles:
      - role: customer
        since: since
        fields: {number: id}
    contact_points:
      - {kind: email, value: email}
"""
CITIES = ("Lyon", "Paris", "Nantes", "Lille", "Brest", "Dijon", "Metz", "Nice")
NAMES = ("Dupont", "Bäckerei", "Østergård", "Müller", "Société", "Import", "Export", "Frères", "Holding", "Conseil")
ROWS = 20_000
GOAL = 5_000
MOST_MEMORY = 400


def write_rows(path: Path, count: int) -> None:
    """A CSV file of made-up companies, always the same."""
    chance = random.Random(7)
    with path.open("w", encoding="utf-8") as stream:
        stream.write("id,name,city,country,since,email\n")
        for number in range(count):
            name = f"{chance.choice(NAMES)} {chance.choice(NAMES)} {number}"
            stream.write(f"C{number},{name},{chance.choice(CITIES)},FR,20{number % 20:02d}-01-{number % 28 + 1:02d},"
                         f"info@firm{number}.example.org\n")


def open_empty(folder: Path, url: str) -> Runtime:
    """An instance with tables and one department."""
    create_home(folder)
    runtime = open_runtime(load_settings({"XRM_DATABASE_URL": url} if url else {}, home=folder))
    apply(runtime.engine, runtime.registry.table_set, {})
    runtime.write(lambda uow: create_department(uow, "Sales"), system_actor())
    return runtime


def raw_seconds(runtime: Runtime, folder: Path) -> tuple[float, int]:
    """Seconds that the bare driver needs for every row that the import left, into empty tables with the same indexes.

    In one transaction: by ``executemany`` of ready values on SQLite, by COPY on PostgreSQL. The full-text index is left out.
    """
    tables = runtime.registry.table_set.sorted_tables
    if runtime.engine.dialect.name == "postgresql":
        return _raw_copy(runtime, [table.name for table in tables])
    engine = open_engine(f"sqlite:///{folder / 'raw.db'}")
    runtime.registry.table_set.create_all(engine)
    spent, count = 0.0, 0
    with runtime.engine.connect() as source, engine.connect().execution_options(**{WRITE: True}) as target:
        reader: Any = source.connection.driver_connection
        writer: Any = target.connection.driver_connection
        writer.execute("PRAGMA foreign_keys=OFF")
        writer.execute("BEGIN IMMEDIATE")
        for table in tables:
            columns = [column.name for column in table.columns if column.computed is None]
            names = ", ".join(f'"{name}"' for name in columns)
            places = ", ".join("?" * len(columns))
            rows = reader.execute(f'SELECT {names} FROM "{table.name}"').fetchall()
            began = time.perf_counter()
            writer.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({places})', rows)
            spent += time.perf_counter() - began
            count += len(rows)
        began = time.perf_counter()
        writer.execute("COMMIT")
        spent += time.perf_counter() - began
    return spent, count


def _raw_copy(runtime: Runtime, names: list[str]) -> tuple[float, int]:
    with runtime.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        streams = {}
        for name in names:
            with driver.cursor().copy(f'COPY "{name}" TO STDOUT') as copy:
                streams[name] = [bytes(block) for block in copy]
        driver.execute("TRUNCATE " + ", ".join(f'"{name}"' for name in names))
        driver.commit()
        began = time.perf_counter()
        for name in names:
            with driver.cursor().copy(f'COPY "{name}" FROM STDIN') as copy:
                for block in streams[name]:
                    copy.write(block)
        driver.commit()
        return time.perf_counter() - began, sum(len(blocks) for blocks in streams.values())


def measure(rows: int = ROWS, url: str = "") -> list[Figure]:
    """Rows a second of a first and a second import, beside a plain executemany of what the first one wrote."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_rows(folder / "rows.csv", rows)
        (folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
        runtime = open_empty(folder / "instance", url)
        arguments = (runtime, system_actor(), folder / "rows.csv", folder / "mapping.yaml")
        before, cpu = time.perf_counter(), time.process_time()
        report = run_import(*arguments)
        spent, cpu = time.perf_counter() - before, time.process_time() - cpu
        assert report.created == rows, report.as_json()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        began = time.perf_counter()
        again = run_import(*arguments)
        second = time.perf_counter() - began
        assert again.unchanged == rows, again.as_json()
        raw, physical = raw_seconds(runtime, folder)
        runtime.close()
    way = "COPY" if url else "the driver's executemany"
    reference = f"{way} of the same {physical:,} rows: {rows / raw:,.0f}/s"
    rate = rows / spent
    measured = f"{rate:,.0f} rows/s, {cpu * 1000 / rows:.2f} CPU ms a row"
    what = f"{'PostgreSQL' if url else 'SQLite'}, import of {rows:,} rows, each a party, a role and a contact point"
    return [
        Figure(what, measured, "≥ 5,000 rows/s", rate >= GOAL, reference, f"{raw / spent:.2f}"),
        Figure("the same file again, nothing changes", f"{rows / second:,.0f} rows/s"),
        Figure("most memory while importing", f"{memory:.0f} MB", "≤ 400 MB", memory <= MOST_MEMORY),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--database", default="", help="URL; a new SQLite file unless given")
    options = parser.parse_args()
    print(HEAD)
    for figure in measure(options.rows, options.database):
        print(figure.row())


if __name__ == "__main__":
    main()
