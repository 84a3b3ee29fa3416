# SPDX-License-Identifier: Apache-2.0
"""Who a token speaks for, and what it may do."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, jsonify
from flask.typing import ResponseReturnValue

from xrm.access.rights import access_of
from xrm.departments.queries import get_tree
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions, token_uses
from xrm_web.security import api

blueprint = Blueprint("api_me", __name__, url_prefix="/api/v1")


@blueprint.get("/me")
@api
def show() -> ResponseReturnValue:
    """The user, the token with its scopes and departments, and the rights that both together have now."""
    bearer = g.bearer
    limits = bearer.actor.limits
    expires = bearer.expires_at.isoformat() if bearer.expires_at else None

    def describe(uow: UnitOfWork) -> dict[str, Any]:
        tree = get_tree(uow)
        reach = None if limits.departments is None else [one for one in tree.by_id if one in limits.departments]
        rights = {
            key: {
                "everywhere": where.is_everywhere,
                "departments": [str(one) for one in tree.by_id if one in where.departments],
                "own_in": [str(one) for one in tree.by_id if one in where.own],
            }
            for key, where in sorted(access_of(uow).scopes.items())
        }
        return {
            "user": {"id": str(bearer.user.id), "email": bearer.user.email, "name": bearer.user.name},
            "token": {"id": str(bearer.token_id), "name": bearer.name, "expires_at": expires},
            "scopes": list(limits.scopes),
            "departments": reach if reach is None else [{"id": str(one), "name": tree.by_id[one].name} for one in reach],
            "rights": rights,
        }

    return jsonify(sessions.read(describe))


token_uses.note_after(blueprint)
