# SPDX-License-Identifier: Apache-2.0
"""A measured figure with its reference, and how a time is taken."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was measured, the figure, what it is compared with, and whether the goal is met."""

    what: str
    measured: str
    goal: str = ""
    is_met: bool | None = None
    reference: str = ""
    ratio: str = ""

    def row(self) -> str:
        """The line as Markdown."""
        verdict = {True: "yes", False: "**no**", None: ""}[self.is_met]
        return f"| {self.what} | {self.measured} | {self.reference} | {self.ratio} | {self.goal} | {verdict} |"


HEAD = "| what | measured | reference | ratio | goal | met |\n|---|---|---|---|---|---|"


def milliseconds(function: Callable[[], object], *, runs: int = 15) -> float:
    """The median time of a call, after one that does not count."""
    function()
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1000
