# SPDX-License-Identifier: Apache-2.0
"""What plugins hide on top of all rights: asked once per unit of work, and closed when a plugin cannot answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from xrm.errors import PluginError, msg
from xrm.plugin_host.contributions import HiddenBy, Narrowing
from xrm.plugin_host.discovery import Plugin
from xrm.plugin_host.guard import PluginFailed

if TYPE_CHECKING:
    from xrm.unit_of_work import UnitOfWork

HOOK = "narrow_visibility"
_ASKING = object()


@dataclass(frozen=True)
class Narrowed:
    """Rows of ``type``, in departments in which ``plugin`` is on, are seen where ``condition`` holds; with None, not at all.

    An empty condition holds everywhere; ``hidden_by`` then says by what rows are hidden.
    """

    plugin: str
    type: str
    condition: str | None
    hidden_by: HiddenBy | None = None


Ask = Callable[[Plugin, dict[str, Any]], list[Any]]


def narrowings(plugins: Iterable[Plugin], ask: Ask, uow: UnitOfWork) -> tuple[Narrowed, ...]:
    """All narrowings for this unit of work, asked of each plugin once.

    Raises:
        PluginError: when a plugin reads rows while it is asked which of them are seen.
    """
    found = uow.cache.get(__name__)
    if found is _ASKING:
        raise PluginError("", msg("narrow_visibility cannot read rows: it says which of them are seen."))
    if found is None:
        uow.cache[__name__] = _ASKING
        try:
            found = tuple(one for plugin in plugins for one in _of(plugin, ask, uow))
        finally:
            del uow.cache[__name__]
        uow.cache[__name__] = found
    known: tuple[Narrowed, ...] = found
    return known


def narrowing_plugins(plugins: Iterable[Plugin], *, with_code: bool) -> tuple[Plugin, ...]:
    """Those that may hide rows: also those that cannot start, since what they hid is not shown for that."""
    found = []
    for plugin in plugins:
        is_installed = plugin.status in {"on", "broken", "refused"}
        if is_installed and plugin.manifest is not None and plugin.manifest.asks_for.narrows and plugin.has_hooks:
            # One whose code is not run (safe mode) cannot say what is seen.
            found.append(plugin if with_code else replace(plugin, status="broken"))
    return tuple(found)


def _of(plugin: Plugin, ask: Ask, uow: UnitOfWork) -> Iterator[Narrowed]:
    wanted = plugin.manifest.asks_for.narrows if plugin.manifest else ()
    types = tuple(name for name in wanted if name in uow.registry.entity_types)
    if not plugin.is_on:
        yield from (Narrowed(plugin.name, name, None) for name in types)
        return
    try:
        answered: Sequence[Narrowing] = ask(plugin, {"uow": uow, "types": types})
    except PluginFailed:
        yield from (Narrowed(plugin.name, name, None) for name in types)
        return
    for one in answered:
        # A condition for a type that was not asked for in the manifest: hidden as well, and named by whoever compiles it.
        # So is a type for which neither a condition nor a marker is named.
        says = one.type in types and (one.condition or one.hidden_by is not None)
        yield Narrowed(plugin.name, one.type, one.condition if says else None, one.hidden_by)
