# SPDX-License-Identifier: Apache-2.0
"""API tokens of all users whom one administers: which there are, when each was used last, revoking."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from xrm.access.policy import allowed
from xrm.tokens.queries import Token, list_tokens
from xrm.tokens.service import revoke_token
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.i18n import gettext
from xrm_web.security import signed_in

blueprint = Blueprint("admin_tokens", __name__)


@blueprint.get("/admin/tokens")
@signed_in
def show() -> ResponseReturnValue:
    """The list; nothing is here for who administers no users."""
    found = sessions.read(_tokens)
    if found is None:
        abort(404)
    return render_template("admin/tokens.html", tokens=found)


@blueprint.post("/admin/tokens/<uuid:token_id>/revoke")
@signed_in
def revoke(token_id: UUID) -> ResponseReturnValue:
    """Make it worthless at once."""
    sessions.write(lambda uow: revoke_token(uow, token_id))
    flash(gettext("The token was revoked"))
    return redirect(url_for("admin_tokens.show"), 303)


def _tokens(uow: UnitOfWork) -> list[Token] | None:
    return list_tokens(uow) if allowed(uow, "user:administer") else None
