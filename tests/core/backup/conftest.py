# SPDX-License-Identifier: Apache-2.0
"""An instance with something in every corner, its contents for comparison, and restores into it."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories.graph import Graph
from tests.instances import BASE, PreparedDatabases, open_with
from xrm.backup.archive import MANIFEST, ArchiveWriter
from xrm.backup.create import create_backup
from xrm.backup.inspection import read_manifest_of
from xrm.backup.manifest import Manifest
from xrm.backup.restore import Restored, prepare_restore
from xrm.contact_points.service import add_contact_point
from xrm.db.engine import open_engine
from xrm.files.service import attach_files, save_file
from xrm.identifiers.service import set_identifier
from xrm.interactions.service import record_interaction
from xrm.migrate.upgrade import apply_changes
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.unit_of_work import UnitOfWork

Contents = Mapping[str, list[str]]
Restore = Callable[..., Restored]
Rewrite = Callable[..., Path]
TRICKY = "É\\N \t tab\nline \\. “quotes” 😀 % {braces}"


def open_base(settings: Settings) -> Runtime:
    """The program with the base vocabulary alone."""
    return open_with(settings, BASE)


def contents_of(url: str) -> Contents:
    """Table → its rows as sorted texts, for all tables of a database but those of search."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            names = [name for name in sa.inspect(connection).get_table_names() if not name.startswith("search_")]
            return {name: _rows(connection, name) for name in names}
    finally:
        engine.dispose()


def _rows(connection: sa.Connection, name: str) -> list[str]:
    rows = connection.execution_options(no_parameters=True).exec_driver_sql(f'SELECT * FROM "{name}"')  # noqa: S608
    return sorted(repr(tuple(row)) for row in rows)


def files_of(home: Path) -> dict[str, bytes]:
    """Path → bytes of all uploaded files of an instance."""
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in (home / "files").rglob("*") if path.is_file()}


def add_company(graph: Graph, name: str) -> uuid.UUID:
    """A company with a role, a contact point, an identifier, a call and a file, in one unit of work each."""
    one = graph.organization(name)
    graph.role(one, values={"number": f"C-{name[:9]}", "credit_limit": "1234.56"})

    def add(uow: UnitOfWork) -> None:
        add_contact_point(uow, one, "email", "info@mail.example")
        set_identifier(uow, "old crm", f"key {name}", one)
        record_interaction(uow, "call", department=graph.departments.sales, participants=[one], subject=TRICKY, body=TRICKY)
        sent = save_file(uow, "a.txt", io.BytesIO(f"the file of {name}".encode()))
        attach_files(uow, [sent], one, department=graph.departments.sales)

    graph.write(add)
    return one


@pytest.fixture
def filled(runtime: Runtime, graph: Graph) -> Runtime:
    """The program with companies in its database, a configuration and a plugin folder."""
    apply_changes(runtime.engine, runtime.registry)
    for name in ("Acme", TRICKY.replace("\n", " ").replace("\t", " ")):
        add_company(graph, name)
    (runtime.settings.home / "xrm.toml").write_text('country = "CH"\n')
    (runtime.settings.home / "secret.key").write_text("k" * 64)
    return runtime


@pytest.fixture
def backup(filled: Runtime, tmp_path: Path) -> Path:
    """A backup of ``filled``."""
    return create_backup(filled, tmp_path / "one.xrmbackup").path


@pytest.fixture
def restore(settings: Settings) -> Restore:
    """A function that restores a file, into this instance unless told."""

    def run(path: Path, into: Settings | None = None, **options: Any) -> Restored:
        with prepare_restore(into or settings, path, opened=open_base, **options) as prepared:
            return prepared.run()

    return run


@pytest.fixture
def elsewhere(
    database_kind: str, prepared_databases: PreparedDatabases, settings: Settings, tmp_path: Path
) -> Iterator[Settings]:
    """The settings of an instance that is not there yet: no folder, and a database without tables."""
    home = tmp_path / "elsewhere"
    url = f"sqlite:///{home / 'xrm.db'}" if database_kind == "sqlite" else prepared_databases.postgres.create()
    yield replace(settings, home=home, database_url=url, secret_key="")
    prepared_databases.drop(url)


@pytest.fixture
def rewrite(backup: Path, tmp_path: Path) -> Rewrite:
    """A function that writes the backup anew with all sums right, after its members were changed: what an attacker can do."""

    def run(change: Callable[[dict[str, bytes]], None], **manifest: object) -> Path:
        with zipfile.ZipFile(backup) as archive:
            said = read_manifest_of(archive)
            members = {name: archive.read(name) for name in archive.namelist() if name != MANIFEST}
        change(members)
        target = tmp_path / "rewritten.xrmbackup"
        with ArchiveWriter(target) as writer:
            for name, value in members.items():
                writer.add(name, [value])
            fields = {**vars(said), "members": writer.members, **manifest}
            writer.finish(Manifest(**fields))
        return target

    return run
