# SPDX-License-Identifier: Apache-2.0
"""``xrm plugin enable|disable|offer|withdraw``: which plugins are on in which departments."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import click

from xrm.departments.activation import chosen, off_in
from xrm.departments.queries import get_tree
from xrm.departments.switching import Switched, offer_plugin, require_sound, required_by, switch_plugin
from xrm.entities.refreshing import refresh_stale
from xrm.errors import ConfigurationError, InvalidInput, Problem, msg
from xrm.migrate.asking import Choices
from xrm.migrate.upgrade import apply_changes, plan_for
from xrm.plugin_host.discovery import Plugin
from xrm.plugin_preview.service import note_applied
from xrm.unit_of_work import UnitOfWork, system_actor
from xrm_cli.declaring import Command
from xrm_cli.output import say
from xrm_cli.session import Session, with_session

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def places_options(function: Decorated) -> Decorated:
    """The options that say which departments are meant."""
    text = "Department, by name or id; repeat it for several."
    for option in (
        click.option("--everywhere", is_flag=True, help="In all departments that there are."),
        click.option("--below", is_flag=True, help="In those below it as well."),
        click.option("--department", "names", metavar="NAME", multiple=True, help=text),
    ):
        function = option(function)
    return function


def _places(uow: UnitOfWork, names: tuple[str, ...], *, below: bool, everywhere: bool) -> list[uuid.UUID]:
    tree = get_tree(uow)
    if everywhere and names:
        said = msg("--everywhere and --department exclude each other. Leave one of them out.")
        raise InvalidInput([Problem("--everywhere", said)])
    if everywhere:
        return list(tree.by_id)
    if not names:
        known = ", ".join(one.name for one in tree.by_id.values())
        said = msg("Say in which department, or --everywhere. There are: {known}.", known=known)
        raise InvalidInput([Problem("--department", said)])
    named = [tree.find(name).id for name in names]
    wanted = {each for one in named for each in (tree.below(one) if below else {one})}
    return [one for one in tree.by_id if one in wanted]


def _switch(session: Session, name: str, choose: Callable[[UnitOfWork], list[uuid.UUID]], *, is_on: bool) -> None:
    def look(uow: UnitOfWork) -> tuple[list[uuid.UUID], dict[uuid.UUID, int], dict[uuid.UUID, str]]:
        places, known = choose(uow), chosen(uow, uow.host.get(name).name)
        versions = {one: known[one].version if one in known else 0 for one in places}
        return places, versions, {one.id: one.name for one in get_tree(uow).by_id.values()}

    places, versions, names = session.read(look)
    if is_on:
        _make_tables(session, name)
    done = session.write(lambda uow: switch_plugin(uow, name, places, is_on=is_on, expected=versions))
    session.give(_done_as_json(done, places, names), lambda: _tell(done, places, names))


def _done_as_json(done: Switched, places: list[uuid.UUID], names: dict[uuid.UUID, str]) -> dict[str, Any]:
    return {
        "plugin": done.plugin, "enabled": done.is_on, "department": names[places[0]],
        "departments": [names[one] for one in places], "changed": [names[one] for one in done.departments],
        "also_enabled": list(done.along),
    }


def _tell(done: Switched, places: list[uuid.UUID], names: dict[uuid.UUID, str]) -> None:
    state = "on" if done.is_on else "off"
    for one in places:
        already = "" if one in done.departments else " already"
        click.echo(f"{done.plugin} is {state} in {names[one]}{already}.")
    if done.along:
        click.echo(f"Switched on with it: {', '.join(done.along)}.")


def _make_tables(session: Session, name: str) -> None:
    """Make the tables of a plugin that was just installed, and of those it requires; on any more the operator decides."""
    runtime = session.runtime
    plugin = runtime.host.get(name)
    session.read(lambda uow: require_sound(uow, plugin))
    for owner in (*session.read(lambda uow: required_by(uow, plugin)), name):
        plan = plan_for(runtime.engine, runtime.registry, Choices(only=owner))
        if not plan.steps:
            continue
        if plan.risk != "safe" or plan.problems or session.actor.kind != "system":
            raise ConfigurationError(
                msg("The tables of {plugin} wait for a change. Look at it with xrm schema plan --plugin {plugin}, make it with "
                    "xrm schema apply, then switch it on.", plugin=owner)
            )
        apply_changes(runtime.engine, runtime.registry, choices=Choices(only=owner))
        refresh_stale(runtime, system_actor())
        runtime.write(lambda uow, owner=owner: note_applied(uow, owner), system_actor())  # type: ignore[misc]
        say(f"{owner}: {len(plan.steps)} steps of its tables done.")


@click.command(
    "enable", cls=Command, examples=["xrm plugin enable press --department Press", "xrm plugin enable sales --everywhere"]
)
@click.argument("name")
@places_options
@with_session
def enable(session: Session, *, name: str, names: tuple[str, ...], below: bool, everywhere: bool) -> None:
    """Switch a plugin on in a department, at once and in every process, with those it requires."""
    _switch(session, name, lambda uow: _places(uow, names, below=below, everywhere=everywhere), is_on=True)


@click.command(
    "disable", cls=Command, examples=["xrm plugin disable press --department Sales", "xrm plugin disable press --everywhere"]
)
@click.argument("name")
@places_options
@with_session
def disable(session: Session, *, name: str, names: tuple[str, ...], below: bool, everywhere: bool) -> None:
    """Switch a plugin off in a department: it is absent there, and its data is kept."""
    _switch(session, name, lambda uow: _places(uow, names, below=below, everywhere=everywhere), is_on=False)


@click.command("offer", cls=Command, examples=["xrm plugin offer press"])
@click.argument("name")
@with_session
def offer(session: Session, *, name: str) -> None:
    """Let those who administer a department switch this plugin on there."""
    session.write(lambda uow: offer_plugin(uow, name, is_offered=True))
    session.give({"plugin": name, "offered": True}, lambda: click.echo(f"{name} is offered to departments."))


@click.command("withdraw", cls=Command, examples=["xrm plugin withdraw press"])
@click.argument("name")
@with_session
def withdraw(session: Session, *, name: str) -> None:
    """Let only those who administer all departments switch this plugin on; where it is on, it stays on."""
    session.write(lambda uow: offer_plugin(uow, name, is_offered=False))
    session.give({"plugin": name, "offered": False}, lambda: click.echo(f"{name} is not offered to departments any more."))


def enabled_in(uow: UnitOfWork, plugin: Plugin) -> list[str]:
    """The departments in which a plugin is on."""
    off = off_in(uow, plugin.name)
    return [one.name for one in get_tree(uow).by_id.values() if plugin.is_on and one.id not in off]
