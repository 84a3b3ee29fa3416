# SPDX-License-Identifier: Apache-2.0
"""What is left of a page after a plugin failed: a transaction that works, and a sentence in the plugin's place."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from xrm.errors import msg
from xrm.plugin_host.guard import PluginFailed
from xrm.plugin_host.watch import Failure
from xrm.unit_of_work import UnitOfWork


def recover(uow: UnitOfWork | None, error: PluginFailed) -> None:
    """PostgreSQL refuses every statement after one that failed: the rest of a page, which only reads, gets a new transaction."""
    if uow is not None and not uow.is_write and isinstance(error.__cause__, DBAPIError):
        uow.connection.rollback()


def paused(plugin: str, hook: str) -> Failure:
    """What stands in the place of a plugin that is in quarantine."""
    message = msg("The plugin {plugin} failed several times and is paused until an administrator lets it take part again.",
                  plugin=plugin)
    return Failure(plugin, hook, "", message)
