# SPDX-License-Identifier: Apache-2.0
"""Functions run at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor


def run_together(functions: Sequence[Callable[[], None]]) -> None:
    """Run each in a thread of its own and wait for all; the first failure is raised."""
    with ThreadPoolExecutor(len(functions)) as pool:
        for running in [pool.submit(function) for function in functions]:
            running.result()
