# SPDX-License-Identifier: Apache-2.0
"""Each event of the log is one line, and nobody who sends a name or a path writes into the log as they like."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from xrm.log_lines import OneLine

FORGED = [
    "\r\n2026-11-22 10:00:00,000 ERROR xrm.audit: all erased", "\n", "\x1b[2J\x1b[31mred", "\x00", "\x85", "\u2028\u2029",
    "\u202egnp.exe", "\x9b31m", "\x08\x08\x08good",
]  # fmt: skip


def record(text: str, *, failed: BaseException | None = None) -> logging.LogRecord:
    info = (type(failed), failed, failed.__traceback__) if failed else None
    return logging.LogRecord("xrm.web", logging.ERROR, __file__, 1, "path=%s", (text,), info)


def fail() -> None:
    raise ValueError("first\nsecond \x1b[2J")


@pytest.mark.parametrize("text", FORGED)
def test_a48_what_is_sent_neither_ends_the_line_nor_steers_the_terminal(text: str) -> None:
    line = OneLine().format(record(f"/x{text}y"))

    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert line.endswith("y")


def test_a48_a_traceback_is_in_the_line_and_can_be_unfolded() -> None:
    with pytest.raises(ValueError, match="first") as caught:
        fail()
    line = OneLine().format(record("/x", failed=caught.value))

    assert len(line.splitlines()) == 1
    assert line.isprintable()
    unfolded = line.replace("\\n", "\n").splitlines()
    assert unfolded[1] == "Traceback (most recent call last):"
    assert unfolded[-2] == "ValueError: first"


def test_words_of_all_languages_stay_as_they_are() -> None:
    assert OneLine().format(record("Zoë Šimůnková 山田 😀")).endswith("path=Zoë Šimůnková 山田 😀")


def test_the_command_line_writes_so_too(capfd: pytest.CaptureFixture[str]) -> None:
    program = "import logging; from xrm.log_lines import log_to_stderr; log_to_stderr(); logging.getLogger('xrm').error('a\\nb')"
    subprocess.run([sys.executable, "-c", program], check=True)

    assert capfd.readouterr().err.endswith("ERROR xrm: a\\nb\n")
