# SPDX-License-Identifier: Apache-2.0
"""Version numbers: that of the installed program, and which of two comes later."""

from __future__ import annotations

import importlib.metadata
import re

_NUMBERS = re.compile(r"(\d+(?:\.\d+)*)(.*)", re.DOTALL)


def program_version() -> str:
    """The version of the installed program."""
    return importlib.metadata.version("xrm")


def is_newer(one: str, other: str) -> bool:
    """Whether the version ``one`` comes after ``other``; what follows the numbers (rc1, .dev2) comes before the bare numbers."""
    return _order(one) > _order(other)


def _order(version: str) -> tuple[tuple[int, ...], bool, str]:
    found = _NUMBERS.match(version)
    if found is None:
        return (), False, version
    numbers = tuple(int(number) for number in found[1].split("."))
    while numbers and numbers[-1] == 0:
        numbers = numbers[:-1]
    rest = found[2].split("+")[0]
    return numbers, not rest or rest.startswith(".post"), rest
