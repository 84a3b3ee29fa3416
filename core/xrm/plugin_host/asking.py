# SPDX-License-Identifier: Apache-2.0
"""Holds a plugin to its manifest: what ``asks_for`` does not name it does not get from ``plugin_api``. It is no sandbox."""

from __future__ import annotations

import functools
import logging
import uuid
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Concatenate, Literal, ParamSpec, TypeVar

from xrm.audit.service import record_audit
from xrm.current_plugin import current_plugin
from xrm.errors import PluginError, msg
from xrm.plugin_host.manifest import AsksFor, Manifest
from xrm.unit_of_work import UnitOfWork, system_actor

P = ParamSpec("P")
Result = TypeVar("Result")
Part = Literal["reads", "writes", "sends"]
_AUDIT = "xrm.audit.service"
_NAMESPACE = uuid.UUID("5b0c1f0e-6c3e-5f5a-9a35-0a4b7f0f8c11")
logger = logging.getLogger("xrm.plugins")


def held_to(
    part: Part, named: Callable[Concatenate[UnitOfWork, P], str], function: Callable[Concatenate[UnitOfWork, P], Result]
) -> Callable[Concatenate[UnitOfWork, P], Result]:
    """The same function, refused to a plugin whose manifest does not ask for what ``named`` says the call is about."""

    @functools.wraps(function)
    def held(uow: UnitOfWork, /, *args: P.args, **kwargs: P.kwargs) -> Result:
        if current_plugin():
            require_asked(uow, part, named(uow, *args, **kwargs))
        return function(uow, *args, **kwargs)

    return held


def require_asked(uow: UnitOfWork, part: Part, name: str) -> None:
    """Stop the plugin whose code runs here unless its manifest asks for this; its own types and channels need no asking.

    Raises:
        PluginError: naming what is missing, and where to add it.
    """
    plugin = current_plugin()
    if not plugin or not name:
        return
    manifest = _manifest(uow, plugin)
    asked: Collection[str] = getattr(manifest.asks_for, part) if manifest else ()
    if "*" in asked or name in asked or not _kinds(uow, name).isdisjoint(asked) or _owner(uow, part, name) == plugin:
        return
    raise PluginError(
        plugin,
        msg("The plugin {plugin} uses {name}, which its manifest does not ask for. Add it in {file}: "
            "asks_for: {{{part}: [{name}]}}", plugin=plugin, name=name, part=part, file=_file(manifest)),
    )


def as_system(uow: UnitOfWork, reason: str) -> UnitOfWork:
    """The same transaction with the rights of the system, for a plugin whose manifest names the reason in ``asks_for.system``.

    Each use is in the audit log with plugin and reason, under the actor on whose behalf the plugin works.

    Raises:
        PluginError: when the manifest does not name this reason.
    """
    plugin = current_plugin()
    if not plugin:
        raise PluginError("", msg("as_system is for the code of plugins, while core asks it for something."))
    manifest = _manifest(uow, plugin)
    if manifest is None or reason not in manifest.asks_for.system:
        raise PluginError(
            plugin,
            msg("The plugin {plugin} acts as the system for {name}, which its manifest does not ask for. Add it in {file}: "
                "asks_for: {{system: [{name}]}}", plugin=plugin, name=reason, file=_file(manifest)),
        )
    _tell(uow, plugin, reason)
    # Audit entries gather under the actor who began: the plugin works on their behalf, with other rights.
    kept = {_AUDIT: uow.cache.setdefault(_AUDIT, {})}
    return replace(uow, actor=system_actor(f"plugin {plugin}"), cache=kept)


def _tell(uow: UnitOfWork, plugin: str, reason: str) -> None:
    key = ("as_system", plugin, reason)
    if uow.cache.get(str(key)):
        return
    uow.cache[str(key)] = True
    logger.warning("plugin %s acts as the system: %s (on behalf of %s)", plugin, reason, uow.actor.name or uow.actor.kind)
    if uow.is_write:
        note_system_use(uow, plugin, reason)
    else:
        actor = uow.actor
        uow.host.afterwards.do(lambda later: note_system_use(later, plugin, reason), actor)


def note_system_use(uow: UnitOfWork, plugin: str, reason: str) -> None:
    """Put into the audit log that a plugin acted with the rights of the system."""
    record_audit(uow, "plugin.acted_as_system", plugin_id(plugin), "plugin", {"plugin": (None, plugin), "reason": (None, reason)})


def plugin_id(plugin: str) -> uuid.UUID:
    """The id under which the audit log speaks of a plugin, which has no row of its own."""
    return uuid.uuid5(_NAMESPACE, plugin)


def _manifest(uow: UnitOfWork, plugin: str) -> Manifest | None:
    key = f"{__name__}:{plugin}"
    if key not in uow.cache:
        uow.cache[key] = next((one.manifest for one in uow.host.plugins if one.name == plugin), None)
    found: Manifest | None = uow.cache[key]
    return found


def _kinds(uow: UnitOfWork, name: str) -> set[str]:
    declared = uow.registry.entity_types.get(name)
    return {declared.kind} if declared is not None else set()


def _owner(uow: UnitOfWork, part: Part, name: str) -> str:
    if part == "sends":
        return next((one.plugin for one in uow.host.contributed("register_channels") if one.value.key == name), "")
    if name in uow.registry.entity_types:
        return uow.registry.entity_types[name].plugin
    relation = uow.registry.relationship_types.get(name)
    return relation.declaration.plugin if relation is not None else ""


def _file(manifest: Manifest | None) -> str:
    return (manifest.location.file if manifest else "") or "plugin.yaml"


def names_of(asked: AsksFor) -> dict[str, list[str]]:
    """What a plugin asks for, part by part, as it is shown and given as JSON."""
    return {
        "reads": list(asked.reads), "writes": list(asked.writes), "sends": list(asked.sends), "hosts": list(asked.hosts),
        "secrets": list(asked.secrets), "narrows": list(asked.narrows), "system": list(asked.system),
    }
