# SPDX-License-Identifier: Apache-2.0
"""Checks of how plugins are set up and translated: settings they need, secrets that open, icons that are there."""

from __future__ import annotations

import difflib
import uuid
from collections.abc import Iterator

from sqlalchemy import select

from xrm.departments.queries import get_tree
from xrm.errors import ConfigurationError, Message, msg
from xrm.factors.models import totp
from xrm.factors.queries import purpose_of
from xrm.health.checks import Ground
from xrm.health.findings import HealthFinding
from xrm.plugin_host.discovery import Plugin
from xrm.plugin_settings.models import plugin_setting
from xrm.plugin_settings.queries import list_settings, opened
from xrm.runtime import Runtime
from xrm.schema.load import RESERVED_PREFIX
from xrm.schema.model import LANGUAGES, EntityDeclaration, Field, InteractionKind, Label, RelationshipDeclaration
from xrm.sealing import unseal
from xrm.unit_of_work import UnitOfWork

MOST_SEALED = 1000  # are tried to open


def check_settings(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Whether plugins have the settings that they need, where they are on."""
    for plugin in uow.host.plugins:
        for key, field in _required(plugin).items():
            if not list_settings(uow, plugin.name).get(key) and (places := _without(uow, plugin, key)) is not None:
                yield _unset(uow, plugin, key, field, places)


def _required(plugin: Plugin) -> dict[str, Field]:
    declared = plugin.manifest.settings if plugin.is_on and plugin.manifest else {}
    return {key: field for key, field in declared.items() if field.required is True and field.default is None}


def _without(uow: UnitOfWork, plugin: Plugin, key: str) -> list[str] | None:
    """The departments where it is on and the setting is missing, [] for all there are; None where it has it everywhere."""
    def is_on(one: uuid.UUID) -> bool:
        return any(each.name == plugin.name for each in uow.host.on_for(one, uow))

    tree = get_tree(uow).by_id
    there = [one for one in tree.values() if is_on(one.id)]
    names = [one.name for one in there if not list_settings(uow, plugin.name, one.id).get(key)]
    if tree and not names:
        return None
    return [] if len(names) == len(tree) else names


def _unset(uow: UnitOfWork, plugin: Plugin, key: str, field: Field, places: list[str]) -> HealthFinding:
    if places:
        said = msg("The plugin {plugin} needs the setting {key} ({label}) in: {departments}.", plugin=plugin.name, key=key,
                   label=field.label, departments=", ".join(places[:5]))
    else:
        said = msg("The plugin {plugin} needs the setting {key} ({label}).", plugin=plugin.name, key=key, label=field.label)
    remedy = msg('Set it under Plugins, or write {key} = "…" below [plugins.{plugin}] in {file}, or set {variable}.', key=key,
                 plugin=plugin.name, file=uow.settings.home / "xrm.toml",
                 variable=f"XRM_PLUGIN_{plugin.name.upper()}__{key.upper()}")
    return HealthFinding(f"plugin {plugin.name}", "warn", said, remedy, about=f"setting {key}")


def check_sealed(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Whether the secret key of now, or a former one, opens what is sealed in the database."""
    where: dict[str, Message] = {}
    for row in uow.execute(select(plugin_setting).where(plugin_setting.c.is_sealed.is_(True)).limit(MOST_SEALED)):
        try:
            opened(uow, row)
        except ConfigurationError as error:
            where.setdefault(f"{row.plugin}.{row.key}", error.message)
    apps = 0
    for row in uow.execute(select(totp.c.user_id, totp.c.secret).limit(MOST_SEALED)):
        try:
            unseal(uow.settings, purpose_of(row.user_id), row.secret)
        except ConfigurationError:
            apps += 1
    for name, why in where.items():
        yield HealthFinding(f"sealed {name}", "bad", msg("The secret {name} cannot be opened: {why}", name=name, why=why),
                            msg("Put the secret key of then into former_secret_keys, or enter the secret anew."))
    if apps:
        said = msg("Apps for six-digit codes whose secret cannot be opened: {count}. Their owners cannot sign in.", count=apps)
        yield HealthFinding("sealed apps", "bad", said,
                            msg("Put the secret key of then into former_secret_keys, or run xrm user reset-factors for them."))


def check_icons(ground: Ground) -> Iterator[HealthFinding]:
    """Whether the icons that plugins name are there."""
    for one in _declared(ground.runtime) if ground.icons else ():
        if one.icon and one.icon not in ground.icons:
            near = difflib.get_close_matches(one.icon, sorted(ground.icons), n=3, cutoff=0.5)
            said = msg("{where}: there is no icon {icon}; a neutral one is shown.", where=one.location, icon=one.icon)
            every = msg("docs/writing-a-plugin.md lists all icons.")
            remedy = msg("Did you mean {names}? {every}", names=", ".join(near), every=every) if near else every
            yield HealthFinding(f"plugin {one.plugin}", "warn", said, remedy, about=f"icon {one.icon}")


def check_translations(runtime: Runtime) -> Iterator[HealthFinding]:
    """Whether what plugins show speaks all languages of the program."""
    missing: dict[str, list[str]] = {}
    for one in _declared(runtime):
        if any(not label.texts.get(language) for label in _labels(one) for language in LANGUAGES):
            missing.setdefault(one.plugin, []).append(str(one.location))
    for plugin in runtime.host.plugins:
        if plugin.is_on and plugin.folder is not None:
            for file in sorted((plugin.folder / "translations").glob("*/LC_MESSAGES/*.po")):
                if not file.with_suffix(".mo").is_file():
                    missing.setdefault(plugin.name, []).append(str(file))
    for name, places in missing.items():
        said = msg("The plugin {plugin} does not speak all languages: {place} ({count} in all).", plugin=name, place=places[0],
                   count=len(places))
        yield HealthFinding(f"translations {name}", "warn", said,
                            msg("English is shown instead. Add the labels that are missing, or compile the catalog."))


def _labels(one: EntityDeclaration | RelationshipDeclaration | InteractionKind) -> Iterator[Label]:
    if isinstance(one, InteractionKind):
        yield one.label
        return
    yield from (one.label.one, one.label.many) if isinstance(one, EntityDeclaration) else (one.forward, one.reverse)
    # What administrators added speaks as they do.
    yield from (field.label for key, field in one.fields.items() if not key.startswith(RESERVED_PREFIX))


def _declared(runtime: Runtime) -> list[EntityDeclaration | RelationshipDeclaration | InteractionKind]:
    registry = runtime.registry
    return [
        *(one.declaration for one in registry.entity_types.values()),
        *(one.declaration for one in registry.relationship_types.values()),
        *registry.interaction_kinds.values(),
    ]
