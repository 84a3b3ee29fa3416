# SPDX-License-Identifier: Apache-2.0
"""``xrm plugin preview``: what switching on or off, upgrading or removing a plugin would do; nothing of it is run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from xrm.departments.queries import get_tree, unclear
from xrm.errors import NotFound
from xrm.migrate.steps import Plan
from xrm.plugin_host.discovery import Plugin, discover_plugins
from xrm.plugin_preview.effects import Change, Effects, preview
from xrm.plugin_preview.removal_words import removal_as_json, removal_commands, removal_in_words
from xrm.plugin_preview.removing import preview_removal
from xrm.plugin_preview.upgrade_words import upgrade_as_json, upgrade_commands, upgrade_in_words
from xrm.plugin_preview.upgrading import plan_without_steps, preview_upgrade
from xrm.plugin_preview.words import Paragraph, as_json, in_words
from xrm.unit_of_work import UnitOfWork
from xrm_cli.declaring import Command
from xrm_cli.session import Session, with_session

EXAMPLES = [
    "xrm plugin preview press --department Sales", "xrm plugin preview press --change upgrade",
    "xrm plugin preview press --change remove --json",
]


@click.command("preview", cls=Command, examples=EXAMPLES)
@click.argument("name")
@click.option("--department", metavar="NAME", default="", help="Department, by name or id (default: the only one).")
@click.option("--change", type=click.Choice(["enable", "disable", "upgrade", "remove"]),
              help="What is to be done (default: switching it to what it is not now).")
@with_session
def preview_command(session: Session, *, name: str, department: str, change: str | None) -> None:
    """Show what switching a plugin on or off, upgrading or removing it would do; nothing of the plugin is run.

    An upgrade and a removal concern the whole instance: with a department it is said besides what it has of the plugin.
    """
    session.open_inert()
    if change == "upgrade":
        _show_upgrade(session, name, department)
    elif change == "remove":
        _show_removal(session, name, department)
    else:
        _show_switch(session, name, department, "enable" if change == "enable" else "disable" if change == "disable" else None)


def _show_switch(session: Session, name: str, department: str, change: Change | None) -> None:
    plugin = _installed(session, name)
    effects = _effects(session, plugin, department, change)
    plan = _plan(session, plugin)

    def show() -> None:
        verb = "on" if effects.change == "enable" else "off"
        _tell(f"{_title(plugin)} {plugin.version}: switching it {verb} in {effects.department_name}", in_words(effects, plan))

    session.give(as_json(effects, plan), show)


def _show_upgrade(session: Session, name: str, department: str) -> None:
    found = preview_upgrade(session.runtime, name, session.actor)
    plugin = found.contents.plugin
    there = _there(session, plugin, department)

    def show() -> None:
        before = found.applied or "nothing"
        _tell(f"{_title(plugin)}: {before} was applied, {plugin.version} is installed", upgrade_in_words(found))
        if not found.is_needed:
            click.echo("\nNothing is to be done.")
        _tell_commands(upgrade_commands(found))

    session.give({**upgrade_as_json(found), **there}, show)


def _show_removal(session: Session, name: str, department: str) -> None:
    found = preview_removal(session.runtime, name, session.actor)
    there = _there(session, found.plugin, department)

    def show() -> None:
        _tell(f"{_title(found.plugin)} {found.plugin.version}: removing it", removal_in_words(found))
        _tell_commands(removal_commands(found))

    session.give({**removal_as_json(found), **there}, show)


def _installed(session: Session, name: str) -> Plugin:
    """The plugin as it is installed now, which may not be what runs here."""
    runtime = session.runtime
    installed = {one.name: one for one in discover_plugins(session.settings.home)} if session.options.runtime is None else {}
    return installed.get(name) or runtime.host.get(name)


def _effects(session: Session, plugin: Plugin, department: str, change: Change | None) -> Effects:
    def look(uow: UnitOfWork) -> Effects:
        tree = get_tree(uow)
        places = [tree.find(department).id] if department else list(tree.by_id)
        if len(places) != 1:
            raise unclear(tree.by_id.values())
        return preview(uow, plugin, places[0], change)

    return session.read(look)


def _there(session: Session, plugin: Plugin, department: str) -> dict[str, Any]:
    """Of a department that was named: whether it is on there, who sees it, and what is stored."""
    if not department:
        return {"department": None, "department_id": None}
    try:
        installed = session.runtime.host.get(plugin.name)
    except NotFound:
        installed = plugin
    one = as_json(_effects(session, installed, department, None), None)
    rows = {each["name"]: each["rows"] for each in one["entity_types"]}
    return {**{key: one[key] for key in ("department", "department_id", "enabled", "people")}, "rows": rows}


def _plan(session: Session, plugin: Plugin) -> Plan | None:
    runtime = session.runtime
    started = next((one for one in runtime.host.plugins if one.name == plugin.name), None)
    if started is None or not started.is_on:
        return None
    return plan_without_steps(runtime, runtime.registry, plugin.name)


def _title(plugin: Plugin) -> str:
    return str(plugin.manifest.label) if plugin.manifest else plugin.name


def _tell(title: str, paragraphs: Iterable[Paragraph]) -> None:
    click.echo(title)
    for paragraph in paragraphs:
        click.echo(f"\n{paragraph.heading}")
        for line in paragraph.lines:
            click.echo(f"  {line}")


def _tell_commands(commands: Iterable[str]) -> None:
    for number, command in enumerate(commands):
        click.echo(("\nTo do it\n" if not number else "") + f"  {command}")
