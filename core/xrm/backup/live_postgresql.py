# SPDX-License-Identifier: Apache-2.0
"""The PostgreSQL database of an instance while a backup takes its place: made ready in a schema of its own, then exchanged."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from xrm.backup.definitions_postgresql import quoted
from xrm.db.engine import open_engine
from xrm.errors import ConfigurationError, Conflict, msg

STAGED = "xrm_restoring"
_LOCK = 7_236_918
_PATIENCE = 3.0
_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relkind = 'r' ORDER BY c.relname
"""
_FUNCTIONS = """
SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = :schema AND p.proname LIKE 'xrm\\_sync\\_%' ORDER BY p.proname
"""
_OTHERS = """
SELECT pid, usename, application_name, coalesce(host(client_addr), 'local') AS place FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' ORDER BY pid
"""


class LiveDatabase:
    """The database's current schema; ``holds_data`` when anything would be replaced."""

    def __init__(self, connection: Connection) -> None:
        # The one connection of a restore, so that every other one is somebody else's.
        self._connection = connection
        self._url = connection.engine.url
        self.schema = str(connection.scalar(text("SELECT current_schema()")))
        self.holds_data = self._has_rows()

    @property
    def staged_url(self) -> str:
        """A URL whose statements all go to the schema where the new database is made ready."""
        options = f"-c search_path={STAGED} -c statement_timeout=0"
        return self._url.update_query_dict({"options": options}).render_as_string(hide_password=False)

    def clear_staged(self) -> None:
        """Remove what is or was being made ready."""
        self._connection.execute(text(f"DROP SCHEMA IF EXISTS {STAGED} CASCADE"))

    def create_staged(self) -> None:
        """Make the empty schema.

        Raises:
            ConfigurationError: when the user may not.
        """
        try:
            self._connection.execute(text(f"CREATE SCHEMA {STAGED}"))
        except DBAPIError as error:
            raise ConfigurationError(
                msg("The new tables are made ready in a schema of their own, and {user} may not make one. Let an administrator "
                    "of the server run: GRANT CREATE ON DATABASE {name} TO {user}",
                    user=self._url.username, name=self._url.database)
            ) from error

    def replace(self) -> Path | None:
        """Put the staged tables in the place of the live ones, in one transaction; nothing of the old ones is kept.

        Raises:
            Conflict: (``busy``) when somebody uses the database by now.
            ConfigurationError: when something of the operator's hangs on the live tables.
        """
        self.require_unused()
        try:
            self._connection.exec_driver_sql("BEGIN")
            self._exchange()
            self._connection.exec_driver_sql("COMMIT")
        except DBAPIError as error:
            self._connection.exec_driver_sql("ROLLBACK")
            why = str(error.orig).strip().split("\n")[0]
            raise ConfigurationError(
                msg("The tables cannot be replaced: {why}. Nothing was changed. Remove what hangs on them, then restore again.",
                    why=why)
            ) from error
        return None

    def _exchange(self) -> None:
        run = self._connection.exec_driver_sql
        run("SET LOCAL lock_timeout = '5s'")
        run("SET LOCAL statement_timeout = 0")
        old = self._tables(self.schema)
        if old:
            run(f"DROP TABLE {', '.join(f'{quoted(self.schema)}.{quoted(name)}' for name in old)}")
        for name in self._functions(self.schema):
            run(f"DROP FUNCTION {quoted(self.schema)}.{quoted(name)}()")
        for name in self._functions(STAGED):
            run(f"ALTER FUNCTION {STAGED}.{quoted(name)}() SET SCHEMA {quoted(self.schema)}")
        for name in self._tables(STAGED):
            run(f"ALTER TABLE {STAGED}.{quoted(name)} SET SCHEMA {quoted(self.schema)}")
        run(f"DROP SCHEMA {STAGED} CASCADE")

    def require_unused(self) -> None:
        """Refuse when somebody else is connected to a database that holds anything.

        Raises:
            Conflict: (``busy``) then, saying who.
        """
        # Whoever has just gone is still listed for a moment.
        end = time.monotonic() + _PATIENCE
        while self.holds_data and (others := self._connection.execute(text(_OTHERS)).all()):
            if time.monotonic() < end:
                time.sleep(0.05)
                continue
            who = "; ".join(
                f"{one.usename} ({one.application_name or 'without a name'}) from {one.place}, process {one.pid}"
                for one in others
            )
            raise Conflict(
                msg("The database {name} is in use by {who}. Stop xrm serve, xrm worker and whatever else is connected, then "
                    "restore again.", name=self._url.database, who=who), code="busy",
            )

    def _tables(self, schema: str) -> list[str]:
        return list(self._connection.execute(text(_TABLES), {"schema": schema}).scalars())

    def _functions(self, schema: str) -> list[str]:
        """What the triggers of renamed columns run."""
        return list(self._connection.execute(text(_FUNCTIONS), {"schema": schema}).scalars())

    def _has_rows(self) -> bool:
        names = [name for name in self._tables(self.schema) if not name.startswith(("schema_", "search_"))]
        statement = "SELECT EXISTS (SELECT 1 FROM {}.{})"
        run = self._connection.exec_driver_sql
        return any(run(statement.format(quoted(self.schema), quoted(name))).scalar() for name in names)


@contextmanager
def hold_database(url: str) -> Iterator[LiveDatabase]:
    """The database of this URL, with nobody else connected and no other restore under way.

    Raises:
        Conflict: (``busy``) otherwise.
    """
    engine = open_engine(url)
    try:
        # Without parameters the driver reads a percent sign in a name as nothing else.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT", no_parameters=True) as connection:
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK}):
                raise Conflict(msg("Another restore into this database is running. Wait for it."), code="busy")
            live = LiveDatabase(connection)
            live.require_unused()
            yield live
    finally:
        engine.dispose()
