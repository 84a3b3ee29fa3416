# SPDX-License-Identifier: Apache-2.0
"""What a check is: its stable key, what it looks at, the worst it can find, and how it looks, quickly or deeply."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from xrm.errors import Message
from xrm.health.findings import HealthFinding, State
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.unit_of_work import UnitOfWork, system_actor


@dataclass(frozen=True)
class Ground:
    """What checks look at: the running program; ``icons`` are those that faces can draw, none where nobody knows them."""

    runtime: Runtime
    icons: frozenset[str] = frozenset()


Finder = Callable[[Ground], Iterable[HealthFinding]]


@dataclass(frozen=True)
class Check:
    """One check. ``find`` takes a moment; ``deeply`` takes its place where there is time: it may read all of the database.

    A check that finds nothing is good. ``is_gate``: when it finds something broken, those after it cannot be made.
    """

    key: str
    title: Message
    severity: State  # the worst that it finds
    find: Finder | None = None
    deeply: Finder | None = None
    is_gate: bool = False

    @property
    def is_deep(self) -> bool:
        """Whether it is made only where there is time."""
        return self.find is None


def of_settings(finder: Callable[[Settings], Iterable[HealthFinding]]) -> Finder:
    """What looks at settings and folder alone."""
    return lambda ground: finder(ground.runtime.settings)


def of_program(finder: Callable[[Runtime], Iterable[HealthFinding]]) -> Finder:
    """What looks at the running program."""
    return lambda ground: finder(ground.runtime)


def of_database(finder: Callable[[UnitOfWork], Iterable[HealthFinding]]) -> Finder:
    """What asks the database, each in a transaction of its own that writes nothing."""
    return lambda ground: ground.runtime.read(lambda uow: list(finder(uow)), system_actor())
