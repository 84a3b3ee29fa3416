# SPDX-License-Identifier: Apache-2.0
"""What each owner declared when it was last applied, with its version: read when its own files are not there to tell."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError

from xrm.migrate.models import schema_applied, schema_owner


class Remembered:
    """The owners that ever made tables here; what they declared is read when it is asked for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._declared: dict[str, list[Any]] = {}
        self._versions: dict[str, str] = {}
        self.owners = frozenset(self._column(select(schema_applied.c.owner)))

    def again(self) -> Remembered:
        """The same, as it is now."""
        return Remembered(self._engine)

    def declared(self, owner: str) -> list[Any]:
        """The declarations of an owner in canonical form, decimals exact; none when the database does not say."""
        if owner not in self._declared:
            found = self._column(select(schema_applied.c.declaration).where(schema_applied.c.owner == owner))
            self._declared[owner] = json.loads(found[0], parse_float=Decimal) if found else []
        return self._declared[owner]

    def version(self, owner: str) -> str:
        """The version of an owner that last changed its tables; empty when it was not noted."""
        if owner not in self._versions:
            found = self._column(select(schema_owner.c.version).where(schema_owner.c.owner == owner))
            self._versions[owner] = found[0] if found else ""
        return self._versions[owner]

    def _column(self, statement: Any) -> list[str]:
        try:
            with self._engine.connect() as connection:
                return list(connection.execute(statement).scalars())
        except DBAPIError:
            # Without tables there is nothing to remember; a database that does not answer is told of by its first use.
            return []
