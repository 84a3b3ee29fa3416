# SPDX-License-Identifier: Apache-2.0
"""Checks of plugins: those that are off, in quarantine, slow or unwell by their own account, and own fields that do not fit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from sqlalchemy.exc import DBAPIError

from xrm.db.engine import is_missing
from xrm.errors import Message, Problem, msg
from xrm.health.findings import HealthFinding
from xrm.plugin_host.blocks import Text
from xrm.plugin_host.discovery import Plugin
from xrm.plugin_host.quarantine import known_quarantine
from xrm.plugin_host.watch import SLOW
from xrm.plugin_removal.belongings import belongings_from_json
from xrm.plugin_removal.records import DROPPED, find_removal, list_removals
from xrm.runtime import Runtime
from xrm.schema.model import Label
from xrm.unit_of_work import UnitOfWork

ENOUGH_CALLS = 5  # after which a mean says something


def check_plugins(runtime: Runtime) -> Iterator[HealthFinding]:
    """Each plugin: whether it takes part, and if not, why."""
    for plugin in runtime.host.plugins:
        name = f"plugin {plugin.name}"
        if plugin.is_on:
            yield HealthFinding(name, "good", msg("{plugin} {version} is on.", plugin=plugin.name, version=plugin.version))
        elif plugin.status == "removed":
            yield _removed(plugin, runtime)
        else:
            said = msg("The plugin {plugin} is off: {problem}", plugin=plugin.name, problem=listed(plugin.problems))
            yield HealthFinding(name, "bad", said, msg("Mend what is named, or uninstall the plugin; everything else runs."))


def _removed(plugin: Plugin, runtime: Runtime) -> HealthFinding:
    removal = find_removal(runtime.engine, plugin.name)
    if removal is not None and removal.state == DROPPED and plugin.folder is not None:
        said = msg("The plugin {plugin} is installed, and off: {problem}", plugin=plugin.name, problem=listed(plugin.problems))
        remedy = msg("xrm plugin restore {plugin}, or with --empty to begin anew, or uninstall it.", plugin=plugin.name)
        return HealthFinding(f"plugin {plugin.name}", "warn", said, remedy)
    return HealthFinding(f"plugin {plugin.name}", "good", listed(plugin.problems))


def listed(problems: Sequence[Problem]) -> Message:
    """Several problems in one text, each with its file and line, numbered when there are several."""
    parts: list[str] = []
    places: dict[str, object] = {}
    for number, problem in enumerate(problems, 1):
        where = ": ".join(part for part in (problem.where, problem.path) if part)
        places |= {f"where{number}": f"{where}: " if where else "", f"problem{number}": problem.message}
        parts.append(("" if len(problems) == 1 else f"({number}) ") + f"{{where{number}}}{{problem{number}}}")
    return Message(" ".join(parts), places)


def check_quarantine(runtime: Runtime) -> Iterator[HealthFinding]:
    """Plugins that failed too often."""
    for one in known_quarantine(runtime.engine).values():
        last = one.incidents[0] if one.incidents else None
        said = msg("The plugin {plugin} is in quarantine since {since} UTC: {reason}", plugin=one.plugin,
                   since=f"{one.since:%Y-%m-%d %H:%M}", reason=one.reason)
        if last is not None:
            said = msg("{said} Last: {what}, {at}, reference {reference}.", said=said, what=last.what, at=last.at,
                       reference=one.reference)
        yield HealthFinding(f"quarantine {one.plugin}", "bad", said,
                            msg("Mend or update it, then let it take part again, here or by: xrm plugin release {plugin}",
                                plugin=one.plugin))


def check_themselves(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """What plugins find out about themselves."""
    answers = uow.host.ask("health_checks", uow=uow)
    for failure in answers.failures:
        if failure.reference:
            yield HealthFinding(f"plugin {failure.plugin}", "bad", failure.message, msg("Report it to the plugin's author."))
    for answer in answers:
        one = answer.value
        remedy = _text(one.remedy) if one.remedy else None
        yield HealthFinding(f"{answer.plugin}.{one.key}", one.state, _text(one.message), remedy, title=_text(one.label))


def _text(text: Text) -> Message:
    return text if isinstance(text, Message) else msg("{said}", said=text if isinstance(text, Label) else str(text))


def check_own_fields(runtime: Runtime) -> Iterator[HealthFinding]:
    """What administrators added and does not fit to what plugins declare now."""
    away = _types_of_removed(runtime)
    for misfit in runtime.misfits:
        named = ".".join(part for part in (misfit.addition.type_name, misfit.addition.key) if part)
        if misfit.addition.type_name in away:
            said = msg("{field} is off with the plugin that has its type, and comes back with it.", field=named)
            yield HealthFinding(f"own field {named}", "good", said)
            continue
        why = listed(misfit.problems) if misfit.problems else msg("It does not fit.")
        yield HealthFinding(f"own field {named}", "bad", msg("Your own {field} is left out: {problem}", field=named, problem=why),
                            msg("Change or retire it with xrm field; its data is kept."))


def _types_of_removed(runtime: Runtime) -> set[str]:
    try:
        removed = [belongings_from_json(json.loads(one.belongings)) for one in list_removals(runtime.engine)]
    except DBAPIError as error:
        if is_missing(error):
            return set()
        raise
    return {name for one in removed for name in one.entity_types}


def check_speed(runtime: Runtime) -> Iterator[HealthFinding]:
    """Plugins for which pages of this process wait."""
    for one in runtime.host.timings():
        is_at_start = one.what == "start" or one.what.startswith("register_")
        if not is_at_start and one.calls >= ENOUGH_CALLS and one.mean > SLOW:
            said = msg("The plugin {plugin} takes {milliseconds} ms for {what}, and pages wait for it.", plugin=one.plugin,
                       milliseconds=round(one.mean * 1000), what=one.what)
            yield HealthFinding(f"slow {one.plugin}.{one.what}", "warn", said,
                                msg("Update the plugin, report it to its author, or switch it off where nobody needs it."))
