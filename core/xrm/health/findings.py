# SPDX-License-Identifier: Apache-2.0
"""What a check found: how bad it is, the cause, the remedy, and the name of a safe repair."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from xrm.errors import Message

State = Literal["good", "warn", "bad"]
ORDER: dict[State, int] = {"bad": 0, "warn": 1, "good": 2}


@dataclass(frozen=True)
class HealthFinding:
    """One finding. ``check`` names it for snoozing and for scripts; ``fix`` is a repair that loses nothing, if there is one.

    ``by`` is the key of the check of the registry that found it, ``title`` what that check looks at, ``about`` tells findings of
    one name apart.
    """

    check: str
    state: State
    message: Message
    remedy: Message | None = None
    fix: str = ""
    by: str = ""
    title: Message | None = None
    about: str = ""

    @property
    def key(self) -> str:
        """What a snooze of it is kept under."""
        return f"{self.check} {self.about}".rstrip()


def by_severity(findings: Iterable[HealthFinding]) -> list[HealthFinding]:
    """The findings, what is broken first."""
    return sorted(findings, key=lambda one: ORDER[one.state])


def without_praise(findings: Iterable[HealthFinding]) -> list[HealthFinding]:
    """The findings, without repetitions and without what is called good about something of which worse is found."""
    kept = list({(one.key, str(one.message)): one for one in findings}.values())
    worse = {one.check for one in kept if one.state != "good"}
    bad_plugins = {_plugin_of(one.check) for one in kept if one.state == "bad"} - {""}
    return [
        one for one in kept if one.state != "good" or (one.check not in worse and _plugin_of(one.check) not in bad_plugins)
    ]


def _plugin_of(check: str) -> str:
    kind, _, name = check.partition(" ")
    return name if kind in {"plugin", "quarantine"} else check.partition(".")[0] if "." in check else ""
