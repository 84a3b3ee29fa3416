# SPDX-License-Identifier: Apache-2.0
"""What only the very person does who is signed in: an administrator who looks at the pages as them does none of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NoReturn, TypeVar

from flask import abort, g, make_response, redirect, request, url_for

from xrm.access.viewing_as import refuse_view
from xrm.unit_of_work import UnitOfWork, system_actor
from xrm_web import sessions

Result = TypeVar("Result")
FRESH_MINUTES = 10


def write_aside(function: Callable[[UnitOfWork], Result]) -> Result:
    """Run ``function`` as the system for somebody who is signed in: what they have no right to, such as counting their tries.

    Raises:
        PermissionDenied: (``view_only``) for an administrator who looks at the pages as somebody else.
    """
    refuse_view(sessions.actor())
    return sessions.runtime().write(function, system_actor("web"))


def require_fresh(minutes: int = FRESH_MINUTES, *, back: str = "") -> None:
    """Go on only when the person proved within these minutes who they are; else send them to do so, and then ``back``.

    What was posted is not kept, so call it in the GET that shows a form too; ``back`` is the page to return to after a POST.

    Raises:
        PermissionDenied: (``view_only``) for who looks at the pages as somebody else: they proved to be another.
    """
    refuse_view(sessions.actor())
    confirmed: datetime | None = g.visitor.confirmed_at
    if confirmed is not None and datetime.now(UTC) - confirmed < timedelta(minutes=minutes):
        return
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    _leave(url_for("confirm.show", next=back or here))


def _leave(target: str) -> NoReturn:
    if request.headers.get("HX-Request") == "true":
        # A redirect would be followed inside the page.
        abort(make_response("", 200, {"HX-Redirect": target}))
    abort(redirect(target, 303))
