# SPDX-License-Identifier: Apache-2.0
"""Plugins that an operator removed: off in every process, whether their packages are still installed or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Engine, Row, select
from sqlalchemy.exc import DBAPIError

from xrm.db.engine import is_missing
from xrm.errors import Message, msg
from xrm.plugin_host.discovery import Plugin
from xrm.plugin_removal.models import plugin_removal


def load_removed(engine: Engine) -> dict[str, Message] | None:
    """Plugin → why it is off and what to do; None when the database does not say, which its first use will tell."""
    try:
        with engine.connect() as connection:
            return {row.plugin: _reason(row) for row in connection.execute(select(plugin_removal))}
    except DBAPIError as error:
        return {} if is_missing(error) else None


def without(found: Iterable[Plugin], removed: Mapping[str, Message]) -> Iterator[Plugin]:
    """The plugins, those that were removed marked so; one that is not installed any more is named all the same."""
    names = set()
    for plugin in found:
        names.add(plugin.name)
        yield plugin.removed(removed[plugin.name]) if plugin.name in removed else plugin
    for name in sorted(removed.keys() - names):
        yield Plugin(name).removed(removed[name])


def _reason(row: Row[Any]) -> Message:
    day, due = row.removed_at.date().isoformat(), row.due_at.date().isoformat()
    if row.state == "removing":
        return msg("Its removal was interrupted. Run xrm plugin remove {name} again, or xrm plugin restore {name}.",
                   name=row.plugin)
    if row.state == "restoring":
        return msg("Its data is being taken back. If nobody is at it, run xrm plugin restore {name} again.", name=row.plugin)
    if row.state == "dropped":
        return msg("It was removed on {day} and its data dropped. It lies in {file}; xrm plugin restore {name} takes it back.",
                   day=day, file=row.archive, name=row.plugin)
    return msg("It was removed on {day}. Its data goes on {due}; until then xrm plugin restore {name} takes it back.",
               day=day, due=due, name=row.plugin)
