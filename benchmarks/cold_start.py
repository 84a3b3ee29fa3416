# SPDX-License-Identifier: Apache-2.0
"""From nothing to the first answer: help, a command on an instance, and the first page of the web application."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Figure

GOAL = 1.5
RUNS = 5
FIRST_PAGE = """
from xrm_web.wsgi import make_application
client = make_application().test_client()
assert client.get("/", follow_redirects=True).status_code == 200
"""
REFERENCE = """
import flask, sqlalchemy
app = flask.Flask(__name__)
engine = sqlalchemy.create_engine("sqlite://")
@app.get("/")
def home():
    with engine.connect() as connection:
        return str(connection.execute(sqlalchemy.text("SELECT 1")).scalar())
assert app.test_client().get("/").status_code == 200
"""


def measure() -> list[Figure]:
    """Medians of fresh processes, beside a bare Flask and SQLAlchemy that answers one page."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        # An installed program has its bytecode beside it; a shell that forbids writing it would measure the compiler.
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment = {**inherited, "XRM_HOME": str(Path(folder) / "instance"), "XRM_SECRET_KEY": "k" * 48}
        password = Path(folder) / "password"
        password.write_text("long enough to be taken")
        cli = [sys.executable, "-m", "xrm_cli"]
        subprocess.run([*cli, "init", "--no-input", "--email", "a@example.org", "--password-file", str(password)],
                       env=environment, check=True, capture_output=True)
        bare = _median([sys.executable, "-c", REFERENCE], environment)
        for what, command in (
            ("xrm --help", [*cli, "--help"]), ("xrm entity types", [*cli, "entity", "types"]),
            ("web: create the application, first page", [sys.executable, "-c", FIRST_PAGE]),
        ):
            try:
                seconds = _median(command, environment)
            except subprocess.CalledProcessError as error:
                print(f"  {what} left out: {error.stderr.decode()[-500:]}")
                continue
            found.append(Figure(what, f"{seconds:.2f} s", f"≤ {GOAL} s", seconds <= GOAL,
                                f"bare Flask and SQLAlchemy {bare:.2f} s", f"{seconds / bare:.2f}"))
    return found


def _median(command: list[str], environment: dict[str, str]) -> float:
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        subprocess.run(command, env=environment, check=True, capture_output=True)
        times.append(time.perf_counter() - begin)
    return statistics.median(times)
