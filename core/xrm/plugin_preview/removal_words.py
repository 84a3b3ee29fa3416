# SPDX-License-Identifier: Apache-2.0
"""The preview of a removal in words, as JSON values for programs, and the commands that do it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xrm.errors import Message, msg
from xrm.plugin_preview.removing import Leaving
from xrm.plugin_preview.words import Paragraph, said_as_json
from xrm.plugin_removal.inventory import Inventory

# Table → what its rows are for people; of others the name of the table is said.
_ATTACHED: Mapping[str, Message] = {
    "contact_point": msg("addresses and numbers"), "interaction": msg("interactions"), "role": msg("roles"),
    "interaction_participant": msg("participants of interactions"), "relationship": msg("relationships"),
    "relationship_past": msg("former states of relationships"), "file": msg("uploaded files"), "score": msg("scores"),
    "share": msg("shares with single people"), "identifier": msg("identifiers"),
    "audit_value": msg("values in the log of changes"), "search_document": msg("entries of the search"),
    "permission": msg("rights in permission sets"), "plugin_setting": msg("settings"),
    "plugin_activation": msg("decisions on where it is on"), "job": msg("jobs"), "message": msg("messages"),
    "entity": msg("records"), "access_entry_entity": msg("entries of who looked"),
}


def removal_in_words(leaving: Leaving) -> tuple[Paragraph, ...]:
    """All of it under headings, what stands in the way first."""
    found = leaving.inventory
    paragraphs = [Paragraph(msg("It cannot be done"), leaving.blocked, "bad")]
    if found is not None:
        paragraphs += [
            Paragraph(msg("What goes"), tuple(_types(leaving, found)), "warn"),
            Paragraph(msg("By department"), tuple(_departments(leaving))),
            Paragraph(msg("What goes with it"), tuple(_attached(found))),
            Paragraph(msg("What becomes empty elsewhere"), tuple(_emptied(found))),
            Paragraph(msg("Fields of your own"), tuple(_own(found))),
            Paragraph(msg("Tables"), tuple(_tables(found))),
            Paragraph(msg("What is kept"), tuple(_kept(leaving))),
        ]
    return tuple(one for one in paragraphs if one.lines)


def _types(leaving: Leaving, found: Inventory) -> Iterator[Message]:
    for counts in (found.entity_types, found.roles, found.relationship_types, found.interaction_kinds, found.score_models):
        for name, count in counts.items():
            yield msg("{label}: {count}", label=leaving.labels.get(name, name), count=count)
    if not any((found.entity_types, found.roles, found.relationship_types, found.interaction_kinds, found.score_models)):
        yield msg("No types of its own.")


def _departments(leaving: Leaving) -> Iterator[Message]:
    for department, counts in leaving.departments.items():
        for name, count in counts.items():
            yield msg("{department}, {label}: {count}", department=department, label=leaving.labels.get(name, name), count=count)


def _attached(found: Inventory) -> Iterator[Message]:
    for table, count in found.attached.items():
        yield msg("{label}: {count}", label=_ATTACHED.get(table, table), count=count)


def _emptied(found: Inventory) -> Iterator[Message]:
    for name, count in found.others.items():
        yield msg("{name}: {count} values that point at what goes.", name=name, count=count)


def _own(found: Inventory) -> Iterator[Message]:
    return (msg("{name} goes with its values.", name=one) for one in found.own_fields)


def _tables(found: Inventory) -> Iterator[Message]:
    if found.tables:
        yield msg("Tables that go: {count}, with {indexes} indexes.", count=len(found.tables), indexes=found.indexes)
    if found.kept:
        yield msg("What is kept of former fields goes too: {names}.", names=", ".join(found.kept))


def _kept(leaving: Leaving) -> Iterator[Message]:
    if leaving.begun is None:
        yield msg("First all of it is written into one file, which is read back: {file}", file=leaving.archive)
        yield msg("That file holds the data in plain form. It can be read by the owner of the instance only.")
        yield msg("Then the plugin is off in all departments, within a second. Its data stays until {day}; until then "
                  "xrm plugin restore {name} takes all of it back at once.", day=leaving.goes_on.date(),
                  name=leaving.plugin.name)
    else:
        yield msg("It was removed already, and lies in {file}. Its data goes on {day}; until then xrm plugin restore {name} "
                  "takes it back.", file=leaving.archive, day=leaving.goes_on.date(), name=leaving.plugin.name)
    yield msg("After that day it comes back out of the file, with every id and every link.")
    yield msg("The log of changes stays; values in it that tell of this data go with the data.")


def removal_commands(leaving: Leaving) -> tuple[str, ...]:
    """What is to be typed where xrm is installed; nothing where something stands in the way."""
    if leaving.inventory is None or leaving.blocked:
        return ()
    return (f"xrm plugin remove {leaving.plugin.name}",)


def removal_as_json(leaving: Leaving) -> dict[str, Any]:
    """All of it as JSON values; ``words`` holds the sentences in English."""
    found, plugin = leaving.inventory, leaving.plugin
    return {
        "plugin": plugin.name, "version": plugin.version, "change": "remove",
        "label": dict(plugin.manifest.label.texts) if plugin.manifest else {},
        "possible": not leaving.blocked, "blocked": [str(one) for one in leaving.blocked],
        "inventory": found.to_json() if found is not None else None,
        "by_department": {name: dict(counts) for name, counts in leaving.departments.items()},
        "needed_by": list(found.needed_by) if found is not None else [],
        "archive": str(leaving.archive), "goes_on": leaving.goes_on.date().isoformat(),
        "removed": leaving.begun is not None, "commands": list(removal_commands(leaving)),
        "words": said_as_json(removal_in_words(leaving)),
    }
