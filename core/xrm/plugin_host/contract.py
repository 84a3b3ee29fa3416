# SPDX-License-Identifier: Apache-2.0
"""The version of the contract between core and plugins, and the ranges in which manifests ask for it."""

from __future__ import annotations

import re

PLUGIN_API_VERSION = "1.0"

_CONDITION = re.compile(r"\s*(>=|<=|==|!=|>|<)\s*(\d+(?:\.\d+){0,2})\s*")


def accepts(wanted: str, version: str = PLUGIN_API_VERSION) -> bool:
    """Whether a range such as ``>=1,<2`` holds this version of the contract.

    Raises:
        ValueError: when the range cannot be read.
    """
    return all(_holds(condition, version) for condition in wanted.split(","))


def _holds(condition: str, version: str) -> bool:
    found = _CONDITION.fullmatch(condition)
    if found is None:
        raise ValueError(condition)
    order = _compare(_parts(version), _parts(found[2]))
    return {">=": order >= 0, "<=": order <= 0, "==": order == 0, "!=": order != 0, ">": order > 0, "<": order < 0}[found[1]]


def _parts(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in version.split(".")]
    return tuple(numbers + [0] * (3 - len(numbers)))


def _compare(left: tuple[int, ...], right: tuple[int, ...]) -> int:
    return (left > right) - (left < right)
