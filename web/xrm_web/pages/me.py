# SPDX-License-Identifier: Apache-2.0
"""My settings: language, time zone, theme, density; and the switches of the frame."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from xrm.access.service import change_own_settings
from xrm.access.viewing_as import list_own_views
from xrm.schema.model import LANGUAGES
from xrm_web import sessions
from xrm_web.i18n import LANGUAGE_COOKIE, NAMES, choose_again, gettext, zones
from xrm_web.inputs import FieldInput, Option
from xrm_web.navigation import DEPARTMENT_COOKIE, RAIL_COOKIE, frame
from xrm_web.security import public, safe_next, signed_in

blueprint = Blueprint("me", __name__)
ONE_YEAR = 365 * 24 * 3600
THEMES = ("auto", "light", "dark")
DENSITIES = ("compact", "normal", "comfortable")


@blueprint.get("/me")
@signed_in
def show() -> ResponseReturnValue:
    """The form."""
    return render_template("me.html", inputs=_inputs({}), problems=[], views=sessions.read(list_own_views))


@blueprint.post("/me")
@signed_in
def save() -> ResponseReturnValue:
    """Keep the settings."""
    inputs = _inputs(request.form.to_dict())
    problems = [
        (item.id, gettext("%(label)s: choose one of the list.", label=item.label))
        for item in inputs.values()
        if item.value and item.value not in {option.value for option in item.choices}
    ]
    if problems:
        views = sessions.read(list_own_views)
        return render_template("me.html", inputs=inputs, problems=problems, views=views), 422
    chosen = {key: item.value for key, item in inputs.items()}
    sessions.write(lambda uow: change_own_settings(uow, chosen))
    g.visitor = replace(g.visitor, language=chosen["language"])
    choose_again()
    flash(gettext("Settings saved"))
    return redirect(url_for("me.show"), 303)


@blueprint.post("/language")
@public
def switch_language() -> ResponseReturnValue:
    """Change the language of the pages, for good when signed in."""
    code = request.form.get("code", "")
    response = redirect(safe_next(request.form.get("next")), 303)
    if code in LANGUAGES:
        sessions.set_cookie(response, LANGUAGE_COOKIE, code, lifetime=ONE_YEAR)
        if g.visitor.actor is not None and g.visitor.seen_by is None:
            sessions.write(lambda uow: change_own_settings(uow, {"language": code}))
    return response


@blueprint.post("/department")
@signed_in
def choose_department() -> ResponseReturnValue:
    """Work in one department, or in all."""
    wanted = request.form.get("department", "")
    response = redirect(safe_next(request.form.get("next")), 303)
    known = {str(item.id) for item in frame().departments}
    sessions.set_cookie(response, DEPARTMENT_COOKIE, wanted if wanted in known else "", lifetime=ONE_YEAR)
    return response


@blueprint.post("/rail")
@signed_in
def fold_rail() -> ResponseReturnValue:
    """Narrow the menu to its icons, or widen it."""
    response = redirect(safe_next(request.form.get("next")), 303)
    wanted = "narrow" if request.form.get("rail") == "narrow" else "wide"
    sessions.set_cookie(response, RAIL_COOKIE, wanted, lifetime=ONE_YEAR)
    return response


def _inputs(sent: dict[str, str]) -> dict[str, FieldInput]:
    visitor = g.visitor
    names = {"auto": gettext("As the system"), "light": gettext("Light"), "dark": gettext("Dark")}
    rows = {"compact": gettext("Compact"), "normal": gettext("Normal"), "comfortable": gettext("Comfortable")}
    return {
        "language": FieldInput(
            name="language", kind="select", label=gettext("Language"), value=sent.get("language", visitor.language),
            choices=tuple(Option(code, name) for code, name in NAMES.items()), placeholder=gettext("As the browser"),
        ),
        "time_zone": FieldInput(
            name="time_zone", kind="select", label=gettext("Time zone"), value=sent.get("time_zone", visitor.time_zone),
            choices=tuple(Option(name, name.replace("_", " ")) for name in zones()), placeholder="UTC",
        ),
        "theme": FieldInput(
            name="theme", kind="checkbox", label=gettext("Theme"), value=sent.get("theme", visitor.theme),
            choices=tuple(Option(key, names[key]) for key in THEMES),
        ),
        "density": FieldInput(
            name="density", kind="checkbox", label=gettext("Rows"), value=sent.get("density", visitor.density),
            choices=tuple(Option(key, rows[key]) for key in DENSITIES), help=gettext("How close the rows of lists stand."),
        ),
    }
