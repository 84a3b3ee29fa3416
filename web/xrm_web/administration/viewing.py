# SPDX-License-Identifier: Apache-2.0
"""Looking at the pages as somebody else, and going on as oneself; the view itself is kept with the session on the server."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from xrm.access.viewing_as import begin_view
from xrm_web import sessions
from xrm_web.i18n import gettext
from xrm_web.security import signed_in

blueprint = Blueprint("admin_viewing", __name__)


@blueprint.post("/admin/people/<uuid:user_id>/view")
@signed_in
def begin(user_id: UUID) -> ResponseReturnValue:
    """Look at the pages as this person."""
    token = request.cookies.get(sessions.cookie_name(), "")
    sessions.write(lambda uow: begin_view(uow, token, user_id))
    return redirect("/", 303)


@blueprint.post("/view/end")
@signed_in
def end() -> ResponseReturnValue:
    """Go on as oneself."""
    seen = g.visitor.actor.user_id if g.visitor.actor is not None and g.visitor.seen_by is not None else None
    sessions.end_view()
    flash(gettext("You see your own pages again"))
    is_other = seen is not None and g.visitor.seen_by is not None and seen != g.visitor.seen_by.id
    return redirect(url_for("admin_people.show", user_id=seen) if is_other else "/", 303)
