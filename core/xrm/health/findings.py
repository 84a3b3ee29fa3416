# SPDX-License-Identifier: Apache-2.0
"""What a check of the running program found: how bad it is, the cause, the remedy, and the name of a safe repair."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from xrm.errors import Message

State = Literal["good", "warn", "bad"]
ORDER: dict[State, int] = {"bad": 0, "warn": 1, "good": 2}


@dataclass(frozen=True)
class HealthFinding:
    """One finding. ``check`` names it for snoozing and for scripts; ``fix`` is a repair that loses nothing, if there is one."""

    check: str
    state: State
    message: Message
    remedy: Message | None = None
    fix: str = ""


def by_severity(findings: Iterable[HealthFinding]) -> list[HealthFinding]:
    """The findings, what is broken first."""
    return sorted(findings, key=lambda one: (ORDER[one.state], one.check))
