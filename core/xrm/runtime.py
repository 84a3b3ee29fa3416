# SPDX-License-Identifier: Apache-2.0
"""The assembled program: settings, engine, plugins and registry, put together in one visible place."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from xrm.audit.service import write_audit
from xrm.core_tables import metadata
from xrm.db.engine import for_writing, is_retryable, is_taken, open_engine
from xrm.entities.declared_expressions import check_expressions
from xrm.errors import ConfigurationError, Conflict, PluginError, msg
from xrm.events import write_outbox
from xrm.plugin_host.host import PluginHost
from xrm.schema.registry import Registry, build_registry
from xrm.search.index import write_search_documents
from xrm.settings import Settings
from xrm.unit_of_work import Actor, UnitOfWork

Result = TypeVar("Result")
TRIES = 8
LONGEST_WAIT = 10.0  # seconds until a writer that never gets its turn is told so


@dataclass
class Runtime:
    """One instance, ready to work. Thread-safe; close it at the end."""

    settings: Settings
    engine: Engine
    host: PluginHost
    registry: Registry

    def write(self, function: Callable[[UnitOfWork], Result], actor: Actor) -> Result:
        """Run ``function`` in one transaction that may change things; it may run again after a lost race.

        Raises:
            Conflict: when the race is still lost after several tries.
        """
        begin = time.monotonic()
        for attempt in range(TRIES):
            try:
                with self.engine.connect() as connection:
                    return self._run_write(connection, function, actor)
            except DBAPIError as error:
                # A value taken by somebody in the same moment is found, and named, by the second run.
                if not is_retryable(error) and not (is_taken(error) and attempt == 0):
                    raise _explain(error) from error
                if time.monotonic() - begin > LONGEST_WAIT:
                    break
                # Time to let the other one finish; random so that two losers do not meet again.
                time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311  # no secret depends on it
        raise Conflict(msg("Others are changing the same data right now. Try again in a moment."), code="busy")

    def _run_write(self, connection: Connection, function: Callable[[UnitOfWork], Result], actor: Actor) -> Result:
        connection = for_writing(connection)
        with connection.begin():
            uow = self._unit(connection, actor, is_write=True)
            result = function(uow)
            write_search_documents(uow)
            write_audit(uow)
            write_outbox(uow)
        return result

    def read(self, function: Callable[[UnitOfWork], Result], actor: Actor) -> Result:
        """Run ``function`` in one transaction that sees one moment of the data and takes no write lock."""
        try:
            # Begun by the first statement, so that the plugin host can begin again after a statement that failed.
            with self.engine.connect() as connection:
                return function(self._unit(connection, actor, is_write=False))
        except DBAPIError as error:
            raise _explain(error) from error

    def _unit(self, connection: Connection, actor: Actor, *, is_write: bool) -> UnitOfWork:
        return UnitOfWork(connection, actor, datetime.now(UTC), self.registry, self.host, self.settings, is_write)

    def close(self) -> None:
        """Give back the connections."""
        self.engine.dispose()


def _explain(error: DBAPIError) -> Exception:
    """Name what an operator can mend; everything else stays as it is."""
    text = str(error.orig)
    if isinstance(error, IntegrityError) and is_taken(error):
        return Conflict(msg("This exists already. Load the page again and look."), code="taken")
    if isinstance(error, IntegrityError) and "foreign key" in text.lower():
        gone = msg("Something that this refers to is not there any more. Load the page again and choose anew.")
        return Conflict(gone, code="gone")
    if "no such table" in text or "no such column" in text or type(error.orig).__name__ in {"UndefinedTable", "UndefinedColumn"}:
        return ConfigurationError(msg("The database has no tables yet, or older ones. Run: xrm schema apply"))
    if "unable to open database file" in text:
        closed = msg("The database file cannot be opened. Run xrm init, or set XRM_HOME to the instance's folder.")
        return ConfigurationError(closed)
    if (isinstance(error, OperationalError) and error.connection_invalidated) or "connection failed" in text:
        return ConfigurationError(msg("The database does not answer. Check that it runs and that XRM_DATABASE_URL is right."))
    return error


def build(host: PluginHost) -> Registry:
    """The registry of all types that installed plugins declare; a plugin whose types do not fit in is switched off."""
    while True:
        declared = host.declarations()
        try:
            registry = build_registry(
                declared.entities, declared.relationships, declared.interaction_kinds, host.field_types(), metadata
            )
            check_expressions(registry)
        except PluginError as error:
            if not host.switch_off(error.plugin, error.message):
                raise
        else:
            return registry


def open_runtime(settings: Settings, *, safe: bool = False) -> Runtime:
    """The program for these settings; ``safe`` keeps the types of all plugins and runs none of their code.

    Raises:
        ConfigurationError: when the database URL is wrong or its driver missing.
    """
    engine = open_engine(settings.database_url)
    host = PluginHost.open(settings.home, safe=safe)
    return Runtime(settings, engine, host, build(host))
