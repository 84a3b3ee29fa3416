# SPDX-License-Identifier: Apache-2.0
"""What pickers ask while somebody types: entities of the wanted types, gated like every list."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from xrm.search.queries import suggest
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.i18n import text_of
from xrm_web.navigation import sentence
from xrm_web.security import signed_in
from xrm_web.value_cells import entity_path

blueprint = Blueprint("pickers", __name__)
MOST = 10
LONGEST = 200


@blueprint.get("/pick")
@signed_in
def pick() -> ResponseReturnValue:
    """``{"items": [{"id", "type", "title", "note", "path"}]}`` for ``?type=person,organization&q=dup``."""
    wanted = [name for name in request.args.get("type", "").split(",") if name]
    text = request.args.get("q", "")[:LONGEST]

    def find(uow: UnitOfWork) -> list[dict[str, Any]]:
        # Unknown names give no types; the gate does the rest.
        types = uow.registry.types_for(wanted or ("entity",))
        return [
            {
                "id": str(hit.id), "type": hit.type, "title": hit.title, "path": entity_path(uow.registry, hit.type, hit.id),
                "note": hit.subtitle or sentence(text_of(uow.registry.get(hit.type).label.one)),
            }
            for hit in (suggest(uow, text, types, limit=MOST) if types else [])
        ]

    return jsonify({"items": sessions.read(find)})
