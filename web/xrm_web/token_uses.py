# SPDX-License-Identifier: Apache-2.0
"""When API tokens were last used: kept in memory and written together by a thread, so that no answer waits for a write lock."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, Response, current_app, g
from sqlalchemy.exc import SQLAlchemyError

from xrm.errors import XrmError
from xrm.runtime import Runtime
from xrm.tokens.service import note_uses
from xrm.unit_of_work import system_actor

PAUSE = 20.0  # seconds in which uses are gathered
logger = logging.getLogger("xrm.web")


class TokenUses:
    """The uses that are not written yet."""

    def __init__(self, runtime: Runtime, pause: float = PAUSE) -> None:
        self._runtime = runtime
        self._pause = pause
        self._waiting: dict[UUID, datetime] = {}
        self._lock = threading.Lock()
        self._writer: threading.Timer | None = None

    def note(self, token_id: UUID) -> None:
        """Keep in mind that a token was used now."""
        with self._lock:
            self._waiting[token_id] = datetime.now(UTC)
            if self._writer is None:
                self._writer = threading.Timer(self._pause, self.write)
                self._writer.daemon = True
                self._writer.start()

    def write(self) -> None:
        """Write what is waiting."""
        with self._lock:
            uses, self._waiting, self._writer = self._waiting, {}, None
        try:
            self._runtime.write(lambda uow: note_uses(uow, uses), system_actor("api"))
        except (XrmError, SQLAlchemyError) as error:
            # A use that is not noted costs nobody anything; a thread that dies would cost all later ones.
            logger.warning("the last use of %s API tokens could not be noted: %s", len(uses), error)


def note_after(blueprint: Blueprint) -> None:
    """Note the use of the token after each answer of this blueprint."""

    @blueprint.after_request
    def note(response: Response) -> Response:
        if g.get("bearer"):
            uses: TokenUses = current_app.extensions["xrm_token_uses"]
            uses.note(g.bearer.token_id)
        return response
