# SPDX-License-Identifier: Apache-2.0
"""The settings of a plugin, everywhere or for a department: a form made of its manifest, and a trial of what is set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from xrm.access.policy import allowed, require
from xrm.channels.contract import Channel
from xrm.departments.queries import Department, get_tree
from xrm.errors import InvalidInput, PluginError
from xrm.plugin_settings.queries import EVERYWHERE, OPERATOR, Setting, list_settings, settings_for
from xrm.plugin_settings.service import RIGHT, save_settings
from xrm.schema.model import Field
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.i18n import gettext, text_of, translate
from xrm_web.inputs import FieldInput, Option
from xrm_web.security import signed_in

blueprint = Blueprint("admin_plugin_settings", __name__, url_prefix="/admin/plugins/<name>/settings")
KINDS = {"integer": "number", "email": "email", "choice": "select", "yes_no": "select"}


@dataclass(frozen=True)
class Page:
    """The form for one place."""

    title: str
    department: Department | None
    departments: tuple[Department, ...]
    inputs: tuple[FieldInput, ...]
    removable: tuple[tuple[str, str], ...]
    can_try: bool
    may_everywhere: bool


@blueprint.get("")
@signed_in
def show(name: str) -> ResponseReturnValue:
    """What is set, and where each value comes from."""
    return _draw(name, {}, {})


@blueprint.post("")
@signed_in
def save(name: str) -> ResponseReturnValue:
    """Keep what was typed; with ``try`` see at once whether it works."""
    place = _place()
    removed = request.form.getlist("remove")
    sent = {key.removeprefix("s-"): value for key, value in request.form.items() if key.startswith("s-")}
    try:
        sessions.write(lambda uow: save_settings(uow, name, sent, department=place, removed=removed))
    except InvalidInput as error:
        return _draw(name, sent, {one.path: translate(one.message) for one in error.problems}), 422
    flash(gettext("Settings saved"))
    if request.form.get("try"):
        _try(name, place)
    return redirect(url_for(".show", name=name, department=place), 303)


def _try(name: str, place: UUID | None) -> None:
    """Let each channel of the plugin say whether it can work with what is set."""
    runtime = sessions.runtime()
    channels = [one.value for one in runtime.host.contributed("register_channels") if one.plugin == name]
    found = sessions.read(lambda uow: settings_for(uow, name, place))
    for channel in channels:
        problem = _checked(name, channel, found)
        if problem:
            flash(gettext("It does not work: %(why)s", why=problem), "bad")
        else:
            flash(gettext("It works"))


def _checked(name: str, channel: Channel, found: Mapping[str, str]) -> str:
    if channel.check is None:
        return ""
    try:
        return sessions.runtime().host.call(name, channel.key, str, channel.check, found)
    except PluginError as error:
        return translate(error.message)


def _place() -> UUID | None:
    text = request.values.get("department", "")
    try:
        return UUID(text) if text else None
    except ValueError:
        abort(404)


def _draw(name: str, sent: Mapping[str, str], wrong: Mapping[str, str]) -> str:
    place = _place()
    page = sessions.read(lambda uow: _page(uow, name, place, sent, wrong))
    problems = [(f"f-s-{key}", text) for key, text in wrong.items()]
    return render_template("admin/plugin_settings.html", page=page, name=name, problems=problems)


def _page(uow: UnitOfWork, name: str, place: UUID | None, sent: Mapping[str, str], wrong: Mapping[str, str]) -> Page:
    require(uow, RIGHT)
    plugin = uow.host.get(name)
    tree = get_tree(uow).by_id
    if place is not None and (place not in tree or not allowed(uow, RIGHT, place)):
        abort(404)
    fields: Mapping[str, Field] = plugin.manifest.settings if plugin.manifest else {}
    secrets = set(plugin.manifest.asks_for.secrets) if plugin.manifest else set()
    known = list_settings(uow, name, place)
    inputs = tuple(_input(key, field, known.get(key), sent, wrong, is_secret=key in secrets) for key, field in fields.items())
    own_secrets = [key for key, one in known.items() if one.is_secret and one.is_own and key in fields]
    removable = tuple((key, text_of(fields[key].label)) for key in own_secrets)
    can_try = any(one.plugin == name and one.value.check is not None for one in uow.host.contributed("register_channels"))
    title = text_of(plugin.manifest.label) if plugin.manifest else name
    may_everywhere = all(allowed(uow, RIGHT, one) for one in tree)
    return Page(title, tree[place] if place else None, _mine(uow), inputs, removable, can_try, may_everywhere)


def _mine(uow: UnitOfWork) -> tuple[Department, ...]:
    return tuple(one for one in get_tree(uow).by_id.values() if allowed(uow, RIGHT, one.id))


def _input(
    key: str, field: Field, known: Setting | None, sent: Mapping[str, str], wrong: Mapping[str, str], *, is_secret: bool
) -> FieldInput:
    own = known.value if known is not None and known.is_own and not is_secret else ""
    choices = tuple(Option(one.key, text_of(one.label)) for one in field.choices)
    if field.type == "yes_no":
        choices = (Option("true", gettext("Yes")), Option("false", gettext("No")))
    return FieldInput(
        name=f"s-{key}", kind="password" if is_secret else KINDS.get(field.type, "text"), label=text_of(field.label),
        value="" if is_secret else sent.get(key, own), choices=choices, help=_hint(field, known, is_secret=is_secret),
        errors=(wrong[key],) if key in wrong else (), placeholder=_inherited(known), autocomplete="off",
    )


def _inherited(known: Setting | None) -> str:
    return known.value if known is not None and not known.is_own and not known.is_secret else ""


def _hint(field: Field, known: Setting | None, *, is_secret: bool) -> str:
    parts = [text_of(field.help)] if field.help else []
    if known is not None:
        source = {OPERATOR: "xrm.toml", EVERYWHERE: gettext("all departments")}.get(known.source, known.source)
        if is_secret and known.is_own:
            parts.append(gettext("Set. Leave it empty to keep it."))
        elif is_secret:
            parts.append(gettext("Set in: %(source)s.", source=source))
        elif not known.is_own:
            parts.append(gettext("As in: %(source)s.", source=source))
    return " ".join(parts)
