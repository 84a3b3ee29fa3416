# SPDX-License-Identifier: Apache-2.0
"""Whose code runs here: the plugin that was asked last in this thread, so that what it asked for can be held against it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("xrm_current_plugin", default="")


def current_plugin() -> str:
    """The name of the plugin whose code runs now; empty while it is core's own."""
    return _current.get()


@contextmanager
def acting(plugin: str) -> Iterator[None]:
    """Meanwhile the code of this plugin runs; an empty name is core itself."""
    token = _current.set(plugin)
    try:
        yield
    finally:
        _current.reset(token)
