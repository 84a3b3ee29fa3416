# SPDX-License-Identifier: Apache-2.0
"""Types of plugins that made tables here and are not on: rebuilt from what was applied last, so that their data can be read."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from xrm.errors import InvalidInput, Message, msg
from xrm.migrate.former import OVERLAY
from xrm.migrate.remembered import Remembered
from xrm.plugin_host.discovery import Plugin
from xrm.schema.expressions.syntax import parse
from xrm.schema.fields.base import FieldType
from xrm.schema.fields.declaration import check_field
from xrm.schema.grammar.checks import Rules
from xrm.schema.grammar.manifest import RESERVED_OWNER
from xrm.schema.grammar.read import read_entity, read_relationships
from xrm.schema.load import RESERVED_PREFIX, Declarations, check_together
from xrm.schema.model import EntityDeclaration, RelationshipDeclaration
from xrm.schema.strict_yaml import Document

logger = logging.getLogger("xrm.plugins")
# What a type is made of at least; the rest may need code or types that are not there.
_CORE_OF_TYPE = ("entity", "kind", "of", "label", "title", "single", "revision")
_CORE_OF_FIELD = ("type", "label", "choices", "many", "length", "scale", "to", "if_gone", "personal", "guarded", "see", "edit",
                  "unique", "index", "stored", "dated", "default", "search", "formula")


class Dormant:
    """What is remembered of plugins that made tables here and are not on; those that were removed on purpose left out.

    Each method gets the plugins as they are now: one may be switched off later.
    """

    def __init__(self, remembered: Remembered | None, removed: Mapping[str, Message]) -> None:
        self._remembered = remembered
        self._owners = (remembered.owners if remembered else frozenset()) - removed.keys() - {OVERLAY, RESERVED_OWNER}
        self._unfit: set[str] = set()

    def again(self) -> Remembered | None:
        """What is remembered now."""
        return self._remembered.again() if self._remembered is not None else None

    def _off(self, plugins: Iterable[Plugin]) -> list[str]:
        return sorted(self._owners - {plugin.name for plugin in plugins if plugin.is_on})

    def missing(self, plugins: Iterable[Plugin]) -> Iterator[Plugin]:
        """Those that are not even installed."""
        plugins = tuple(plugins)
        for name in sorted(self._owners - {plugin.name for plugin in plugins}):
            version = self._remembered.version(name) if self._remembered is not None else ""
            yield Plugin(name, version).missing(why_missing(name, version))

    def declared(self, plugins: Iterable[Plugin]) -> dict[str, list[Any]]:
        """Plugin → what it declared when it was last applied, in canonical form."""
        return {name: self._remembered.declared(name) for name in self._off(plugins)} if self._remembered is not None else {}

    def joined(self, on: Declarations, plugins: Iterable[Plugin], field_types: Mapping[str, FieldType]) -> Declarations:
        """What is declared by those that are on, and behind it what of the others goes together with it."""
        known = [rebuilt(name, one, field_types) for name, one in self.declared(plugins).items() if name not in self._unfit]
        kept = fitting([on], known)
        return replace(
            on, entities=(*on.entities, *(one for each in kept for one in each.entities)),
            relationships=(*on.relationships, *(one for each in kept for one in each.relationships)),
        )

    def give_up(self, name: str, plugins: Iterable[Plugin]) -> tuple[str, ...]:
        """Show a plugin's types no more, because they cannot be used; its name, if they were shown."""
        if name in self._unfit or name not in self._off(plugins):
            return ()
        self._unfit.add(name)
        return (name,)


def why_missing(plugin: str, version: str) -> Message:
    """Why a plugin is off that made tables and is not there any more, and what to do."""
    return msg("It is not installed any more{version}, and its data is here: it is kept and can be read, not changed. Install it "
               "again, or let it go with: xrm plugin remove {plugin}",
               plugin=plugin, version=msg(" ({number} was)", number=version) if version else "")


def rebuilt(plugin: str, declared: Sequence[Mapping[str, Any]], field_types: Mapping[str, FieldType]) -> Declarations:
    """The declarations of a plugin as they were applied last; a type that cannot be read without the plugin is left out."""
    rules = Rules(field_types, check_field, parse)
    entities = [found for one in declared if "entity" in one for found in _entity(plugin, one, rules)]
    relationships = [found for one in declared if "entity" not in one for found in _relationship(plugin, one, rules)]
    return Declarations(plugin, tuple(entities), tuple(relationships))


def fitting(on: Iterable[Declarations], dormant: Iterable[Declarations]) -> list[Declarations]:
    """Those of the dormant that go together with what is on; a name that is taken by now is left to who has it."""
    on, kept = list(on), list(dormant)
    while kept and (problems := check_together([*on, *kept])):
        unfit = [one for one in kept if any(problem.where.startswith(file_of(one.plugin)) for problem in problems)] or kept
        for one in unfit:
            logger.warning("the types of the plugin %s cannot be shown: %s", one.plugin, "; ".join(map(str, problems)))
        kept = [one for one in kept if one not in unfit]
    return kept


def file_of(plugin: str) -> str:
    """What stands for the file of a rebuilt declaration in messages."""
    return f"<{plugin} as applied>"


def _entity(plugin: str, one: Mapping[str, Any], rules: Rules) -> Iterator[EntityDeclaration]:
    fields = {key: field for key, field in one.get("fields", {}).items() if _is_known(key, field, rules)}
    whole = {**one, "fields": fields}
    small = {key: value for key, value in whole.items() if key in _CORE_OF_TYPE}
    small["fields"] = {key: {part: field[part] for part in _CORE_OF_FIELD if part in field} for key, field in fields.items()}
    for attempt in (whole, small):
        try:
            yield read_entity(Document(f"{file_of(plugin)}/{one['entity']}.yaml", attempt), plugin, rules)
        except InvalidInput as error:
            problem = error
        else:
            return
    logger.warning("the type %s of the plugin %s cannot be shown without it: %s", one["entity"], plugin, problem)


def _relationship(plugin: str, one: Mapping[str, Any], rules: Rules) -> Iterator[RelationshipDeclaration]:
    fields = {key: field for key, field in one.get("fields", {}).items() if _is_known(key, field, rules)}
    values = {**{key: value for key, value in one.items() if key != "name"}, **({"fields": fields} if fields else {})}
    try:
        yield from read_relationships(Document(file_of(plugin), {"relationships": {one["name"]: values}}), plugin, rules)
    except InvalidInput as error:
        logger.warning("the relationship %s of the plugin %s cannot be shown without it: %s", one["name"], plugin, error)


def _is_known(key: str, field: Mapping[str, Any], rules: Rules) -> bool:
    # What administrators added comes from the overlay.
    return field["type"] in (rules.field_types or {}) and not key.startswith(RESERVED_PREFIX)
