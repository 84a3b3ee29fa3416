# SPDX-License-Identifier: Apache-2.0
"""Locks that keep a row still while something is hung on it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select


def hold(statement: Select[Any], *, to_change: bool) -> Select[Any]:
    """The same SELECT, holding its rows until commit: against every other change, or against changes while one hangs on it.

    SQLite has one writer at a time anyway and ignores it.
    """
    return statement.with_for_update(key_share=True) if to_change else statement.with_for_update(read=True)
