# SPDX-License-Identifier: Apache-2.0
"""The assembled program: settings, engine, plugins and registry, put together in one visible place."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from xrm.access.limits import forget
from xrm.access.viewing_as import refuse_view
from xrm.assembling import assemble
from xrm.audit.service import write_audit
from xrm.db.damage import damage_message, is_damage, note_damage, noted_damage
from xrm.db.engine import for_writing, is_missing, is_retryable, is_taken, open_engine
from xrm.db.explaining import explain
from xrm.db.health import find_damage_quickly, missing_file
from xrm.errors import ConfigurationError, Conflict, msg
from xrm.events import write_outbox
from xrm.kept import Kept
from xrm.migrate.downgrades import find_downgrades_now
from xrm.migrate.meanings import BETWEEN, find_misreading, noted_meaning
from xrm.migrate.missing import find_missing
from xrm.migrate.remembered import Remembered
from xrm.overlay.additions import Overlay
from xrm.overlay.merging import Misfit
from xrm.overlay.queries import UNKNOWN, load_overlay, read_number
from xrm.plugin_host.host import PluginHost
from xrm.plugin_host.quarantine import QuarantineKeeper
from xrm.plugin_host.removed import load_removed
from xrm.schema.registry import Registry
from xrm.search.index import write_search_documents
from xrm.settings import Settings
from xrm.unit_of_work import Actor, UnitOfWork

Result = TypeVar("Result")
TRIES = 8
LONGEST_WAIT = 10.0  # seconds until a writer that never gets its turn is told so
READ_ONLY = "read_only"
LOOK_EVERY = 0.5  # seconds between two looks at whether another process changed the schema
MOMENT = 1.0  # seconds that are given to a change which gives fields another type right now
logger = logging.getLogger("xrm.runtime")


@dataclass
class Runtime:
    """One instance, ready to work. Thread-safe; close it at the end.

    ``registry`` changes when anybody changes the overlay; a unit of work keeps the one that it began with.
    """

    settings: Settings
    engine: Engine
    host: PluginHost
    registry: Registry
    overlay_number: int = 0
    misfits: tuple[Misfit, ...] = ()  # what administrators added and does not fit
    kept: Kept = field(default_factory=Kept, init=False, repr=False)
    _next_look: float = field(default=0.0, init=False, repr=False)
    _looking: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _fits: bool = field(default=False, init=False, repr=False)
    _meaning: str | None = field(default=None, init=False, repr=False)  # what was noted when columns were what is declared
    _next_meaning: float = field(default=0.0, init=False, repr=False)

    def __post_init__(self) -> None:
        self.host.afterwards.attach(self.write)
        self._quarantines = QuarantineKeeper(self.engine, self.host)

    def write(self, function: Callable[[UnitOfWork], Result], actor: Actor) -> Result:
        """Run ``function`` in one transaction that may change things; it may run again after a lost race.

        Raises:
            PermissionDenied: (``view_only``) for an administrator who looks at the pages as somebody else.
            Conflict: when the race is still lost after several tries.
            ConfigurationError: (``read_only``) when nothing may be written.
        """
        refuse_view(actor)
        begin = time.monotonic()
        self.require_fitting()
        self.require_meaning()
        self.require_whole()
        self.follow()
        for attempt in range(TRIES):
            known = self.registry
            try:
                with self.engine.connect() as connection:
                    return self._run_write(connection, function, actor)
            except DBAPIError as error:
                # A value taken by somebody in the same moment is found, and named, by the second run.
                is_worth_it = is_retryable(error) or (is_taken(error) and attempt == 0) or self._is_outdated(error, known)
                if not is_worth_it:
                    raise self._explained(error) from error
                if time.monotonic() - begin > LONGEST_WAIT:
                    break
                # Time to let the other one finish; random so that two losers do not meet again.
                time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311  # no secret depends on it
        raise Conflict(msg("Others are changing the same data right now. Try again in a moment."), code="busy")

    def require_fitting(self) -> None:
        """Stop when the program or a plugin is older than what made the tables; asked of the database until it fits.

        Raises:
            ConfigurationError: (``read_only``) naming both versions and the way out.
        """
        if self._fits:
            return
        declared: dict[str, dict[str, int]] = {}
        for each in self.registry.entity_types.values():
            declared.setdefault(each.plugin, {})[each.name] = each.declaration.revision
        try:
            older = find_downgrades_now(self.engine, self.registry.versions, declared)
        except DBAPIError as error:
            if is_retryable(error):
                return  # what comes next waits for its turn, and asks again
            raise self._explained(error) from error
        if older:
            raise ConfigurationError(older[0], code=READ_ONLY)
        self._fits = True

    def require_meaning(self) -> None:
        """Stop before columns are read or written as something else than they are; looks twice a second.

        Raises:
            ConfigurationError: naming the field, or the versions when what is installed is older than the tables.
        """
        if time.monotonic() < self._next_meaning:
            return
        try:
            noted = self._settled_meaning()
            misread = find_misreading(self.engine, self.registry) if noted != self._meaning else None
            if misread is not None and self.follow(at_once=True):
                misread = find_misreading(self.engine, self.registry)
        except DBAPIError as error:
            if is_retryable(error):
                return  # what comes next waits its turn; the look is taken the next time
            raise self._explained(error) from error
        if misread is not None:
            self.require_fitting()
            raise ConfigurationError(misread, code=READ_ONLY)
        self._meaning, self._next_meaning = noted, time.monotonic() + LOOK_EVERY

    def _settled_meaning(self) -> str:
        """What is noted of the meaning of columns; a change that is just on the way is given a moment to end."""
        until = time.monotonic() + MOMENT
        while (noted := noted_meaning(self.engine)) == BETWEEN and time.monotonic() < until:
            time.sleep(MOMENT / 20)
        return noted

    def require_whole(self) -> None:
        """Stop when the database was found damaged and neither mended nor restored since.

        Raises:
            ConfigurationError: (``read_only``) naming what is wrong and the way out.
        """
        if found := noted_damage(self.settings.home):
            raise ConfigurationError(damage_message(found), code=READ_ONLY)

    def look_for_damage(self) -> list[str]:
        """What a quick look finds wrong with pages, tables, columns and indexes; noted, so that nothing is written after it."""
        found = find_damage_quickly(self.engine) or [str(one.message) for one in find_missing(self.engine)]
        if found:
            note_damage(self.settings.home, found)
        return found

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
        """Run ``function`` in one transaction that sees one moment of the data and takes no write lock.

        It runs again when another process changed the schema below it.
        """
        self.require_meaning()
        self.follow()
        known = self.registry
        try:
            return self._run_read(function, actor)
        except DBAPIError as error:
            if not self._is_outdated(error, known):
                raise self._explained(error) from error
        try:
            return self._run_read(function, actor)
        except DBAPIError as error:
            raise self._explained(error) from error

    def _run_read(self, function: Callable[[UnitOfWork], Result], actor: Actor) -> Result:
        # Begun by the first statement, so that the plugin host can begin again after a statement that failed.
        with self.engine.connect() as connection:
            return function(self._unit(connection, actor, is_write=False))

    def _unit(self, connection: Connection, actor: Actor, *, is_write: bool) -> UnitOfWork:
        return UnitOfWork(connection, actor, datetime.now(UTC), self.registry, self.host, self.settings, is_write,
                          kept=self.kept, on_changed_rights=forget)

    def follow(self, *, at_once: bool = False) -> bool:
        """Take over what any process changed in the overlay, and return whether there was anything; looks twice a second.

        One thread looks; the others go on with what they have, unless they want it ``at_once``.
        """
        if (not at_once and time.monotonic() < self._next_look) or not self._looking.acquire(blocking=at_once):
            return False
        try:
            self._quarantines.follow(self.host)
            number = read_number(self.engine)
            if number in (self.overlay_number, UNKNOWN):
                return False
            overlay, removed = load_overlay(self.engine), load_removed(self.engine)
            if overlay.number == UNKNOWN or removed is None:
                return False
            host = self.host if removed == self.host.removed else self.host.with_removed(removed)
            self.registry, self.misfits = assemble(host, overlay)
            self.host = host
            self.overlay_number = overlay.number
            # What was compiled for the tables of the old registry keeps all of it in memory.
            self.engine.clear_compiled_cache()
            return True
        finally:
            self._next_look = time.monotonic() + LOOK_EVERY
            self._looking.release()

    def _explained(self, error: DBAPIError) -> Exception:
        if not is_damage(error):
            return explain(error)
        found = [str(error.orig).strip().partition("\n")[0]]
        note_damage(self.settings.home, found)
        return ConfigurationError(damage_message(found), code=READ_ONLY)

    def _is_outdated(self, error: DBAPIError, known: Registry) -> bool:
        """Whether a table or column was not there because ``known`` is older than what this process knows now."""
        if is_missing(error):
            self.follow(at_once=True)
        return self.registry is not known

    def assemble(self, overlay: Overlay) -> tuple[Registry, tuple[Misfit, ...]]:
        """The registry of what plugins and administrators declare, and what of the latter does not fit."""
        return assemble(self.host, overlay)

    def close(self) -> None:
        """Write what waits to be written, and give back the connections."""
        self.host.afterwards.finish()
        self.engine.dispose()


def open_runtime(settings: Settings, *, safe: bool = False) -> Runtime:
    """The program for these settings; ``safe`` keeps the types of all plugins and runs none of their code.

    Raises:
        ConfigurationError: when the database URL is wrong or its driver missing.
    """
    engine = open_engine(settings.database_url)
    # Connecting would make the file of SQLite, which only xrm init may.
    is_there = missing_file(settings.database_url) is None
    removed, remembered = (load_removed(engine), Remembered(engine)) if is_there else (None, None)
    host = PluginHost.open(settings.home, safe=safe, removed=removed, remembered=remembered)
    overlay = load_overlay(engine) if is_there else Overlay()
    registry, misfits = assemble(host, overlay)
    return Runtime(settings, engine, host, registry, overlay.number, misfits)
