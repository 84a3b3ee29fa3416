# SPDX-License-Identifier: Apache-2.0
"""Who was proven to be whom goes on as that user: the one place where another proof than a password becomes a session."""

from __future__ import annotations

from uuid import UUID

from werkzeug.wrappers import Response

from xrm_web import sessions


def enter(user_id: UUID, method: str, target: str) -> Response:
    """Go on to ``target`` (a path of this site) as this user, after a second factor where one is needed."""
    return sessions.go_on(sessions.begin(user_id, method), target)
