# SPDX-License-Identifier: Apache-2.0
"""From what plugins and administrators declare to the registry: what does not fit in is left out, and said."""

from __future__ import annotations

import logging
from dataclasses import replace

from xrm.core_tables import metadata
from xrm.entities.declared_expressions import check_expressions
from xrm.errors import PluginError
from xrm.overlay.additions import OWNER, Overlay
from xrm.overlay.merging import Misfit, merge
from xrm.overlay.queries import UNKNOWN
from xrm.plugin_host.host import PluginHost
from xrm.plugin_host.loading import step_files_of
from xrm.schema.guarding import guards_of, warn_of_leaks
from xrm.schema.registry import Registry, build_registry

logger = logging.getLogger("xrm.runtime")


def build(host: PluginHost) -> Registry:
    """The registry of all types that installed plugins declare; a plugin whose types do not fit in is switched off."""
    return assemble(host, Overlay(UNKNOWN))[0]


def assemble(host: PluginHost, overlay: Overlay) -> tuple[Registry, tuple[Misfit, ...]]:
    """The registry of all that plugins and administrators declare; what of administrators does not fit is left out and given."""
    while True:
        field_types = host.field_types()
        merged = merge(host.declarations(), overlay.additions, field_types)
        declared = merged.declarations
        try:
            registry = build_registry(
                declared.entities, declared.relationships, declared.interaction_kinds, field_types, metadata,
                step_files_of(host.plugins),
            )
            check_expressions(registry)
        except PluginError as error:
            if not host.switch_off(error.plugin, error.message):
                raise
        else:
            for misfit in merged.misfits:
                named = misfit.addition.key or misfit.addition.type_name
                logger.warning("left out: %s: %s", named, "; ".join(map(str, misfit.problems)))
            versions = {plugin.name: plugin.version for plugin in host.plugins if plugin.is_on}
            owners = [(one.name, one.plugin) for each in (declared.entities, declared.relationships) for one in each]
            warn_of_leaks(registry.entity_types, overlay.guarded)
            dormant = {name: owner for name, owner in owners if owner not in versions and owner != OWNER}
            number = None if overlay.number == UNKNOWN else overlay.number
            return replace(
                registry, versions=versions, remembered=host.remembered(), dormant=dormant, overlay_number=number,
                guards=guards_of(registry.entity_types, overlay.guarded),
            ), merged.misfits
