# SPDX-License-Identifier: Apache-2.0
"""Makes the database of a release, filled by its own program, to be kept and opened by every later one.

At a release: ``python tests/releases/make.py``. For a release that is past, from its unpacked sources: ``--source FOLDER``.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import lzma
import os
import sqlite3
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).resolve().parent
KINDS = ("sqlite", "postgresql")
DUMP, CONTENTS = "database.sql.xz", "contents.json.xz"
# The tables below a full-text index are made with it, and it is made anew from the search documents.
REBUILT = "search_index"
Ask = Callable[..., Any]


def main() -> None:
    """Make the files of one release."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, default=ROOT, help="sources of the release (default: these)")
    parser.add_argument("--inside", choices=KINDS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    source: Path = chosen.source.resolve()
    version = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    if chosen.inside:
        make_one(chosen.inside, FOLDER / version / chosen.inside, source)
        return
    for kind in KINDS:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (*roots_of(source), ROOT)))}
        command = [sys.executable, str(Path(__file__)), "--source", str(source), "--inside", kind]
        subprocess.run(command, env=environment, check=True, cwd=source)


def roots_of(source: Path) -> list[Path]:
    """Where the packages of the program and of its plugins lie."""
    return [source / name for name in ("core", "cli", "web", "entity_schemas")] + sorted((source / "plugins").glob("*/"))


def make_one(kind: str, folder: Path, source: Path) -> None:
    """Fill an instance on this kind of database and keep it in ``folder``."""
    import xrm  # noqa: PLC0415  # that of the release

    assert Path(xrm.__path__[0]).is_relative_to(source), f"{xrm.__path__} is not of {source}"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="xrm-release-") as place, server(kind) as url:
        home = Path(place) / "instance"
        os.environ["XRM_HOME"] = str(home)
        os.environ["XRM_DATABASE_URL"] = url or f"sqlite:///{home}/xrm.db"
        fill(Path(place))
        keep(folder / CONTENTS, json.dumps(contents_of(ask), indent=0, sort_keys=True, ensure_ascii=False).encode())
        keep(folder / DUMP, (dump_sqlite(home / "xrm.db") if kind == "sqlite" else dump_postgresql(url)).encode())


@contextlib.contextmanager
def server(kind: str) -> Iterator[str]:
    """The URL of an empty database; none for SQLite, whose file the program makes."""
    if kind == "sqlite":
        yield ""
        return
    from tests.postgres_server import running_postgres  # noqa: PLC0415

    with running_postgres() as url:
        yield url.replace("postgresql://", "postgresql+psycopg://")


def keep(file: Path, content: bytes) -> None:
    """Write a file of the release."""
    file.write_bytes(lzma.compress(content, preset=9 | lzma.PRESET_EXTREME))
    sys.stderr.write(f"{file}: {file.stat().st_size} bytes\n")


def ask(*arguments: str) -> Any:
    """What a command of the program in this process gives."""
    from xrm_cli.main import run  # noqa: PLC0415

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = run([*arguments, "--json"])
    assert code == 0, (arguments, code, out.getvalue())
    return json.loads(out.getvalue())


def contents_of(given: Ask) -> dict[str, Any]:
    """All that the program lists: each type, relationships, and of each party its interactions and contact points.

    ``given`` takes the arguments of a command and gives its JSON.
    """
    from xrm.runtime import open_runtime  # noqa: PLC0415
    from xrm.settings import load_settings  # noqa: PLC0415

    runtime = open_runtime(load_settings())
    types = {name: one.kind for name, one in runtime.registry.entity_types.items()}
    runtime.close()
    found = {name: given("entity", "list", name, "--all-periods", "--limit", "1000")["items"] for name in sorted(types)}
    parties = [one["id"] for name, kind in sorted(types.items()) if kind == "party" for one in found[name]]
    return {
        "types": {name: by_id(items) for name, items in found.items()},
        "relationships": by_id(given("relationship", "list", "--all-periods", "--limit", "1000")["items"]),
        "interactions": {one: by_id(given("interaction", "list", one, "--limit", "1000")["items"]) for one in parties},
        "contact_points": {one: by_id(given("contact-point", "list", one, "--all-periods")["items"]) for one in parties},
    }


def by_id(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The items by their id."""
    return {one["id"]: one for one in items}


def fill(place: Path) -> None:
    """Make an instance with a row of every type, every kind of value, and every relationship."""
    from tests.releases.rows import add_rows  # noqa: PLC0415
    from xrm.runtime import open_runtime  # noqa: PLC0415
    from xrm.settings import load_settings  # noqa: PLC0415

    password = place / "password"
    password.write_text("correct horse battery\n", encoding="utf-8")
    ask("init", "--no-input", "--email", "admin@example.org", "--password-file", str(password), "--department", "Sales")
    ask("department", "create", "Press")
    ask("field", "add", "person", "x_tier", "--type", "text", "--label-en", "Tier", "--label-fr", "Niveau")
    runtime = open_runtime(load_settings())
    add_rows(runtime)
    runtime.close()


def dump_sqlite(file: Path) -> str:
    """The database as statements that make it again."""
    connection = sqlite3.connect(file)
    found = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid").fetchall()
    objects = [one for one in found if not one[1].startswith(("sqlite_", f"{REBUILT}_"))]
    lines = ["BEGIN;", *(f"{sql};" for kind, _, sql in objects if kind == "table")]
    for kind, name, sql in objects:
        if kind == "table" and not sql.upper().startswith("CREATE VIRTUAL"):
            columns = [row[1] for row in connection.execute(f'PRAGMA table_xinfo("{name}")') if row[6] == 0]
            values = " || ',' || ".join(f'quote("{column}")' for column in columns)
            names = ", ".join(f'"{column}"' for column in columns)
            rows = connection.execute(f'SELECT {values} FROM "{name}"')  # noqa: S608  # names from the catalog
            lines += [f'INSERT INTO "{name}" ({names}) VALUES ({row});' for (row,) in rows]  # noqa: S608
    lines += [f"{sql};" for kind, _, sql in objects if kind in {"index", "view", "trigger"}]
    lines += [f"INSERT INTO {REBUILT}({REBUILT}) VALUES('rebuild');", "COMMIT;"]
    connection.close()
    return "\n".join(lines) + "\n"


def dump_postgresql(url: str) -> str:
    """The database as statements that make it again, as pg_dump writes them."""
    from tests.postgres_server import find_binaries  # noqa: PLC0415

    options = ("--inserts", "--rows-per-insert=200", "--no-owner", "--no-privileges", "--no-comments")
    command = [str(find_binaries() / "pg_dump"), *options, url.replace("+psycopg", "")]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    # Lines that begin with a backslash are for psql alone.
    return "\n".join(line for line in text.split("\n") if not line.startswith("\\"))


if __name__ == "__main__":
    main()
