# SPDX-License-Identifier: Apache-2.0
"""One panel of a plugin by itself: fetched after the page, so that no plugin makes it wait."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from xrm.entities.queries import get_entity
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.plugin_boxes import DrawnBox
from xrm_web.records.page import departments_of_page
from xrm_web.records.plugins import draw_panel, panel_address
from xrm_web.security import signed_in

blueprint = Blueprint("panels", __name__)


@blueprint.get("/panel/<plugin>/<key>/<uuid:entity_id>")
@signed_in
def show(plugin: str, key: str, entity_id: UUID) -> ResponseReturnValue:
    """The content of a panel; when the plugin fails, what to say instead with a way to try again."""

    def build(uow: UnitOfWork) -> DrawnBox:
        entity = get_entity(uow, entity_id)
        return draw_panel(uow, entity, departments_of_page(uow, entity), plugin, key)

    return render_template("records/panel.html", box=sessions.read(build), retry=panel_address(plugin, key, entity_id))
