# SPDX-License-Identifier: Apache-2.0
"""The pages, one file per subject; each file holds one blueprint, registered here."""

from __future__ import annotations

from flask import Flask

from xrm_web.administration import audit
from xrm_web.administration import departments as admin_departments
from xrm_web.administration import health as admin_health
from xrm_web.administration import invitations as admin_invitations
from xrm_web.administration import moving_contents as admin_moving
from xrm_web.administration import overview as admin_overview
from xrm_web.administration import people as admin_people
from xrm_web.administration import permission_sets as admin_sets
from xrm_web.administration import plugin_settings as admin_plugin_settings
from xrm_web.administration import plugin_upgrades as admin_plugin_upgrades
from xrm_web.administration import plugins as admin_plugins
from xrm_web.administration import rights as admin_rights
from xrm_web.administration import sign_in_help as admin_help
from xrm_web.administration import tokens as admin_tokens
from xrm_web.administration import viewing as admin_viewing
from xrm_web.administration import why as admin_why
from xrm_web.api import me as api_me
from xrm_web.pages import (
    actions,
    confirm,
    contact_points,
    files,
    forgot,
    forms,
    guide,
    history,
    home,
    interactions,
    lists,
    manual,
    me,
    monitoring,
    own_factors,
    own_sign_in,
    panels,
    passkeys,
    pickers,
    records,
    relationships,
    removal,
    roles,
    search,
    second_factor,
    shares,
    sign_in,
    single_sign_on,
    tokens,
    welcome,
)

PAGES = (
    actions,
    admin_departments,
    admin_moving,
    admin_health,
    admin_overview,
    admin_plugin_settings,
    admin_plugin_upgrades,
    admin_plugins,
    confirm,
    audit,
    admin_people,
    admin_rights,
    admin_sets,
    admin_viewing,
    admin_why,
    admin_invitations,
    admin_help,
    admin_tokens,
    api_me,
    contact_points,
    files,
    forgot,
    forms,
    history,
    home,
    interactions,
    lists,
    manual,
    me,
    own_factors,
    own_sign_in,
    monitoring,
    panels,
    passkeys,
    pickers,
    records,
    relationships,
    removal,
    roles,
    search,
    second_factor,
    shares,
    sign_in,
    single_sign_on,
    tokens,
    welcome,
)


def register_pages(app: Flask) -> None:
    """Add all pages; the style guide only where it helps somebody."""
    for page in PAGES:
        app.register_blueprint(page.blueprint)
    if app.testing or app.debug:
        app.register_blueprint(guide.blueprint)
