# SPDX-License-Identifier: Apache-2.0
"""``xrm plugin``: what is installed, what it brings, and what was removed."""

from __future__ import annotations

from typing import Any

import click

from xrm.db.health import missing_file
from xrm.departments.queries import get_tree
from xrm.migrate.apply import has_tables
from xrm.plugin_host.asking import names_of
from xrm.plugin_host.discovery import Plugin
from xrm.plugin_host.quarantine import known_quarantine
from xrm.plugin_removal.records import DROPPED, Removal, list_removals
from xrm.unit_of_work import UnitOfWork
from xrm_cli.commands.plugin_export import export_command
from xrm_cli.commands.plugin_preview import preview_command
from xrm_cli.commands.plugin_release import release
from xrm_cli.commands.plugin_removal import remove, restore
from xrm_cli.commands.plugin_settings import settings_command
from xrm_cli.commands.plugin_switch import disable, enable, enabled_in, offer, withdraw
from xrm_cli.declaring import Noun
from xrm_cli.output import print_pairs
from xrm_cli.session import Session, with_session


@click.group(cls=Noun)
def plugin() -> None:
    """Plugins: list, show, switch on and off by department, export, release, remove, restore."""


def _as_json(one: Plugin) -> dict[str, Any]:
    manifest = one.manifest
    return {
        "name": one.name, "version": one.version, "status": one.status,
        "label": manifest.label.get("en") if manifest else one.name, "summary": manifest.summary.get("en") if manifest else "",
        "package": one.package, "folder": str(one.folder or ""), "has_code": one.has_hooks,
        "requires": list(manifest.requires) if manifest else [], "works_with": manifest.api if manifest else "",
        "problems": [str(problem) for problem in one.problems],
    }


@plugin.command("list", examples=["xrm plugin list", "xrm plugin list --department Sales --json"])
@click.option("--department", metavar="NAME", default="", help="Say of each whether it is on in this department, by name or id.")
@with_session
def list_command(session: Session, *, department: str) -> None:
    """List all plugins found, on or not, and those that were removed, with the day on which their data goes."""
    removed = _removals(session)
    places = _enabled(session, department)
    paused = _paused(session)
    items = [
        {**_as_json(one), **places.get(one.name, {}), **_removal_of(removed.get(one.name)),
         "quarantine": paused.get(one.name, "")}
        for one in session.opened.host.plugins
    ]
    said = (*(("enabled",) if department else ()), *(("quarantine",) if paused else ()), *(("goes_on",) if removed else ()))
    columns = ("name", "version", "status", *said, "label", "summary", "problems")
    session.give_list(items, columns)


def _enabled(session: Session, department: str) -> dict[str, dict[str, Any]]:
    """Plugin → in which departments it is on; with one named, whether it is on there."""
    if missing_file(session.settings.database_url) is not None or not has_tables(session.opened.engine):
        return {}

    def look(uow: UnitOfWork) -> dict[str, dict[str, Any]]:
        named = get_tree(uow).find(department).name if department else ""
        found = {one.name: enabled_in(uow, one) for one in uow.host.plugins}
        return {name: {"enabled": named in on if named else bool(on), "enabled_in": on} for name, on in found.items()}

    return session.read(look)


def _removals(session: Session) -> dict[str, Removal]:
    if missing_file(session.settings.database_url) is not None:
        return {}
    return {one.plugin: one for one in list_removals(session.opened.engine)}


def _paused(session: Session) -> dict[str, str]:
    if missing_file(session.settings.database_url) is not None:
        return {}
    return {one.plugin: one.reason for one in known_quarantine(session.opened.engine).values()}


def _removal_of(removal: Removal | None) -> dict[str, Any]:
    if removal is None:
        return {"goes_on": None, "export": None}
    due = removal.due_at.date().isoformat() if removal.state != DROPPED else None
    return {"version": removal.version, "goes_on": due, "export": str(removal.archive) if removal.archive else None}


@plugin.command("show", examples=["xrm plugin show press --json"])
@click.argument("name")
@with_session
def show(session: Session, *, name: str) -> None:
    """Show what a plugin says of itself, declares and asks for."""
    found = session.opened.host.get(name)
    registry = session.opened.registry
    described = {
        **_as_json(found),
        "entity_types": [one.name for one in registry.entity_types.values() if one.plugin == name],
        "relationship_types": [one.name for one in registry.relationship_types.values() if one.declaration.plugin == name],
        "interaction_kinds": [one.name for one in registry.interaction_kinds.values() if one.plugin == name],
    }
    if found.manifest is not None:
        described["asks_for"] = names_of(found.manifest.asks_for)
        described["settings"] = {key: field.type for key, field in found.manifest.settings.items()}
    session.give(described, lambda: print_pairs(_in_words(described).items()))


def _in_words(described: dict[str, Any]) -> dict[str, Any]:
    asked = described.pop("asks_for", {})
    asks = {f"asks for: {key}": value for key, value in asked.items()}
    return {**described, "settings": list(described.get("settings", ())), **asks}


for command in (enable, disable, preview_command, offer, withdraw, settings_command):
    plugin.add_command(command)
plugin.add_command(export_command)
plugin.add_command(release)
plugin.add_command(remove)
plugin.add_command(restore)
