# SPDX-License-Identifier: Apache-2.0
"""That a database is damaged: how its driver says it, and the note of it that keeps every process from writing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from xrm.errors import Message, msg

NOTE = "damaged.json"
_STATES = frozenset({"XX001", "XX002"})  # a page, an index
_SAID = ("malformed", "file is not a database")


def is_damage(error: DBAPIError) -> bool:
    """Whether the database said that it cannot read itself."""
    state = getattr(error.orig, "sqlstate", None)
    return state in _STATES if state is not None else any(words in str(error.orig) for words in _SAID)


def damage_message(found: Sequence[str]) -> Message:
    """What is wrong, and the way out, for everybody who wanted to write."""
    return msg(
        "The database is damaged: {why}. Nothing is written until it is mended; reading goes on. xrm doctor tells all. A missing "
        "index is made again by xrm doctor --fix; else go back to a backup: xrm backup list, then xrm backup restore FILE",
        why="; ".join(found[:3]).rstrip("."),
    )


def note_damage(home: Path, found: Sequence[str]) -> None:
    """Keep all processes of the instance from writing, until it is found whole or restored."""
    (home / NOTE).write_text(json.dumps({"found": list(found)}, ensure_ascii=False), encoding="utf-8")


def noted_damage(home: Path) -> list[str]:
    """What was found damaged and not mended since; empty when nothing was."""
    try:
        text = (home / NOTE).read_text(encoding="utf-8")
    except OSError:
        return []
    try:
        return [str(one) for one in json.loads(text)["found"]]
    except (ValueError, KeyError, TypeError):
        return [f"{NOTE} cannot be read"]


def forget_damage(home: Path) -> None:
    """Let the instance be written again."""
    (home / NOTE).unlink(missing_ok=True)
