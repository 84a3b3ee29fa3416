# SPDX-License-Identifier: Apache-2.0
"""A plugin that ends the program while it is imported is held off from the next start on, alone; no other one is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.plugin_host.conftest import Strangers
from xrm.plugin_host.discovery import Plugin
from xrm.plugin_host.load_marks import LoadMarks

pytestmark = pytest.mark.skipif(os.name != "posix", reason="files are locked here by POSIX means")
START = """
import sys
sys.path[:0] = sys.argv[2].split(":")
from pathlib import Path
from xrm.plugin_host.host import PluginHost
host = PluginHost.open(Path(sys.argv[1]), packages={"ant": "stranger_ant", "bee": "stranger_bee"})
print({one.name: one.status for one in host.plugins}, host.get("ant").problem)
"""
GOOD = "@hookimpl\ndef menu_items(uow):\n    return []\n"


def start(home: Path, strangers: Strangers) -> tuple[int, str]:
    """How a start of the program ends, and what it says of its plugins."""
    paths = ":".join(part for part in (str(strangers.root), *sys.path) if part)
    done = subprocess.run(
        [sys.executable, "-c", START, str(home), paths], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of an instance."""
    folder = tmp_path / "instance"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(("code", "how"), [
    ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"), ("import os; os._exit(7)", "exit code 7"),
    ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
])
def test_the_second_start_survives_and_the_third_need_not_try(strangers: Strangers, home: Path, code: str, how: str) -> None:
    folder = strangers.add("ant", code + "\n" + GOOD)
    strangers.add("bee", GOOD)

    first, second, third = start(home, strangers), start(home, strangers), start(home, strangers)

    assert first[0] != 0
    for code_of, said in (second, third):
        assert code_of == 0, said
        assert "'bee': 'on'" in said
        assert "'ant': 'broken'" in said
        assert f"({how})" in said
        assert "xrm plugin release ant" in said
    (folder / "hooks.py").write_text("from xrm.plugin_host.hookspecs import hookimpl\n" + GOOD, encoding="utf-8")
    assert "'ant': 'on'" in start(home, strangers)[1]


def test_one_that_was_killed_for_another_reason_is_not_held_off(strangers: Strangers, home: Path) -> None:
    strangers.add("ant", GOOD)
    strangers.add("bee", GOOD)
    left = home / "run" / "loading" / "ant.1"
    left.parent.mkdir(parents=True)
    left.touch()

    assert "'ant': 'on'" in start(home, strangers)[1]
    assert list(left.parent.iterdir()) == []


def test_one_that_another_process_loads_right_now_is_not_held_off(strangers: Strangers, home: Path) -> None:
    strangers.add("ant", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    plugin = Plugin("ant", package="stranger_ant", folder=strangers.root / "stranger_ant")

    with LoadMarks(home).loading("ant"):
        assert LoadMarks(home).held_off(plugin) is None
    assert list((home / "run" / "loading").iterdir()) == []


def test_somebody_lets_it_try_again(strangers: Strangers, home: Path) -> None:
    strangers.add("ant", "import os; os._exit(7)")
    strangers.add("bee", GOOD)
    start(home, strangers)
    start(home, strangers)

    assert LoadMarks(home).release("ant")
    assert not LoadMarks(home).release("ant")
    assert start(home, strangers)[0] == 7


@pytest.mark.parametrize(
    "hooks", ["def broken(:\n", "import a_module_that_nobody_has\n", "raise SystemExit(3)\n", "raise MemoryError\n"]
)
def test_an_import_that_fails_leaves_no_mark(strangers: Strangers, home: Path, hooks: str) -> None:
    strangers.add("ant", hooks)
    strangers.add("bee", GOOD)

    for _ in range(2):
        code, said = start(home, strangers)
        assert code == 0
        assert "'ant': 'broken'" in said
        assert "held off" not in said
    assert list((home / "run" / "loading").iterdir()) == []
