# SPDX-License-Identifier: Apache-2.0
"""The administration overview: what there is to administer."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from xrm_web import sessions
from xrm_web.administration.sections import open_sections
from xrm_web.security import signed_in

blueprint = Blueprint("admin", __name__)


@blueprint.get("/admin")
@signed_in
def overview() -> ResponseReturnValue:
    """The pages the reader may open; nothing is here for who may open none."""
    found = sessions.read(open_sections)
    if not found:
        abort(404)
    return render_template("admin/overview.html", sections=found)
