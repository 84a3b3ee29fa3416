# SPDX-License-Identifier: Apache-2.0
"""Plugins × departments: which is on where, what a plugin is, and what a switch would do before it is done."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from xrm.access.policy import allowed, require, scope
from xrm.access.users import names_of
from xrm.departments.activation import Chosen, chosen, is_foundation, off_in
from xrm.departments.queries import Department, get_tree
from xrm.departments.switching import RIGHT, Switched, is_offered, offer_plugin, switch_plugin
from xrm.migrate.steps import Plan
from xrm.plugin_host.discovery import Plugin
from xrm.plugin_preview.contents import Contents, read_contents
from xrm.plugin_preview.effects import Effects, preview
from xrm.plugin_preview.slots import SLOT_NAMES
from xrm.plugin_preview.upgrading import plan_without_steps
from xrm.plugin_preview.words import in_words
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.administration.plugin_upgrades import Standing, standing_of
from xrm_web.i18n import gettext, text_of, translate
from xrm_web.security import signed_in

blueprint = Blueprint("admin_plugins", __name__, url_prefix="/admin/plugins")


@dataclass(frozen=True)
class Row:
    """One plugin in the matrix: for each department whether it is on; ``fixed`` is on everywhere and cannot be switched."""

    name: str
    title: str
    version: str
    summary: str
    problem: str
    fixed: bool
    states: tuple[bool, ...]


@dataclass(frozen=True)
class Matrix:
    """The plugins, and the departments the reader administers."""

    departments: tuple[Department, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Place:
    """A department on the page of a plugin: whether it is on, since when and by whom."""

    department: Department
    is_on: bool
    decided: Chosen | None
    who: str = ""


@dataclass(frozen=True)
class Detail:
    """The page of one plugin."""

    contents: Contents
    title: str
    places: tuple[Place, ...]
    fixed: bool
    offered: bool
    may_offer: bool
    slots: tuple[str, ...] = ()
    standing: Standing | None = None


@blueprint.get("")
@signed_in
def matrix() -> ResponseReturnValue:
    """All plugins by department; only departments the reader administers."""
    wanted = request.args.get("q", "").strip().casefold()
    found = sessions.read(_matrix)
    rows = [row for row in found.rows if wanted in f"{row.name} {row.title}".casefold()]
    return render_template("admin/plugins.html", departments=found.departments, rows=rows, wanted=request.args.get("q", ""))


@blueprint.get("/<name>")
@signed_in
def show(name: str) -> ResponseReturnValue:
    """What a plugin is, what it adds and asks for, and where it is on."""
    return render_template("admin/plugin.html", page=sessions.read(lambda uow: _detail(uow, name)))


@blueprint.get("/<name>/change/<uuid:department>")
@signed_in
def change(name: str, department: UUID) -> ResponseReturnValue:
    """What switching it would do; nothing of the plugin is run for it."""

    def look(uow: UnitOfWork) -> tuple[Effects, int, int]:
        _require_place(uow, department)
        effects = preview(uow, uow.host.get(name), department)
        below = sum(1 for one in get_tree(uow).below(department) if one != department and allowed(uow, RIGHT, one))
        return effects, below, _version(uow, name, department)

    effects, below, version = sessions.read(look)
    paragraphs = in_words(effects, _plan(effects.contents.plugin))
    return render_template("admin/plugin_change.html", effects=effects, below=below, version=version, paragraphs=paragraphs,
                           plugin_title=_title(effects.contents.plugin))


@blueprint.post("/<name>/change/<uuid:department>")
@signed_in
def switch(name: str, department: UUID) -> ResponseReturnValue:
    """Do it; whoever decided in the meantime is named, and nothing is done then."""
    is_on = request.form.get("change") == "enable"
    version = request.form.get("version", type=int)

    def decide(uow: UnitOfWork) -> Switched:
        _require_place(uow, department)
        places = [department]
        if request.form.get("below"):
            places += [one for one in get_tree(uow).below(department) if one != department and allowed(uow, RIGHT, one)]
        return switch_plugin(uow, name, places, is_on=is_on, expected=None if version is None else {department: version})

    done = sessions.write(decide)
    title = _title(sessions.runtime().host.get(name))
    said = gettext("%(plugin)s is on", plugin=title) if is_on else gettext("%(plugin)s is off. Its data is kept.", plugin=title)
    also = [_title(sessions.runtime().host.get(each)) for each in done.along]
    flash(said + (" " + gettext("Switched on with it: %(plugins)s", plugins=", ".join(also)) if also else ""))
    return redirect(url_for("admin_plugins.show", name=name), 303)


@blueprint.post("/<name>/offer")
@signed_in
def offer(name: str) -> ResponseReturnValue:
    """Let departments switch it on themselves, or let them no more."""
    sessions.write(lambda uow: offer_plugin(uow, name, is_offered=request.form.get("offered") == "yes"))
    flash(gettext("Saved"))
    return redirect(url_for("admin_plugins.show", name=name), 303)


def _mine(uow: UnitOfWork) -> tuple[Department, ...]:
    require(uow, RIGHT)
    return tuple(one for one in get_tree(uow).by_id.values() if allowed(uow, RIGHT, one.id))


def _matrix(uow: UnitOfWork) -> Matrix:
    departments = _mine(uow)
    rows = []
    for plugin in uow.host.plugins:
        off = off_in(uow, plugin.name)
        summary = text_of(plugin.manifest.summary) if plugin.manifest else ""
        states = tuple(plugin.is_on and one.id not in off for one in departments)
        rows.append(Row(plugin.name, _title(plugin), plugin.version, summary, "" if plugin.is_on else plugin.status,
                        is_foundation(uow, plugin.name), states))
    return Matrix(departments, tuple(rows))


def _detail(uow: UnitOfWork, name: str) -> Detail:
    departments = _mine(uow)
    plugin = uow.host.get(name)
    known, off = chosen(uow, name), off_in(uow, name)
    names = names_of(uow, {one.changed_by for one in known.values() if one.changed_by is not None})
    places = tuple(
        Place(one, plugin.is_on and one.id not in off, decided := known.get(one.id),
              names.get(decided.changed_by, "") if decided and decided.changed_by else "")
        for one in departments
    )
    may_offer = scope(uow, "plugin", "administer").is_everywhere
    slots = tuple(translate(SLOT_NAMES[slot]) for slot in plugin.manifest.slots) if plugin.manifest else ()
    contents = read_contents(plugin)
    return Detail(contents, _title(plugin), places, is_foundation(uow, name), is_offered(uow, plugin), may_offer, slots,
                  standing_of(uow, name))


def _require_place(uow: UnitOfWork, department: UUID) -> None:
    if department not in get_tree(uow).by_id or not allowed(uow, RIGHT, department):
        abort(404)


def _version(uow: UnitOfWork, name: str, department: UUID) -> int:
    return chosen(uow, name).get(department, Chosen()).version


def _plan(plugin: Plugin) -> Plan | None:
    runtime = sessions.runtime()
    return plan_without_steps(runtime, runtime.registry, plugin.name) if plugin.is_on else None


def _title(plugin: Plugin) -> str:
    return text_of(plugin.manifest.label) if plugin.manifest else plugin.name
