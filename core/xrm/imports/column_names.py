# SPDX-License-Identifier: Apache-2.0
"""Where a mapping names columns: the line of each, and the columns behind a field, for messages that people read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Dictionary
from dataclasses import replace
from typing import Any

from xrm.errors import Problem
from xrm.imports.mapping import Mapping, ThingSpec, ValueSpec
from xrm.schema.strict_yaml import Document, DocumentPath

PLACE = re.compile(r"\{([^{}]+)\}")
_OF_VALUES = {"fields", "identifiers", "parts"}
_OF_COLUMNS = {
    "column", "text", "when", "country_from", "key", "value", "since", "until", "valid_from", "valid_until",
    "at", "subject", "body", "channel", "direction", "outcome",
}
Named = tuple[str, ValueSpec | None]


def lines_of_columns(document: Document) -> dict[str, int]:
    """Column → the first line of the mapping file on which it stands."""
    found: dict[str, int] = {}
    for path, text in _texts(document.data, ()):
        for name in (text, *PLACE.findall(text)):
            if name not in found:
                found[name] = document.at(path).line
    return found


def _texts(value: Any, path: DocumentPath) -> Iterator[tuple[DocumentPath, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            # What a cell is translated to, and how the file is read, names no column that must be there.
            if key != "values" and (path or key != "source"):
                yield from _texts(one, (*path, key))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _texts(one, (*path, number))
    elif value is not None and path and (path[-1] in _OF_COLUMNS or not _OF_VALUES.isdisjoint(path[-2:-1])):
        yield path, str(value)


def columns_of_fields(mapping: Mapping) -> dict[str, str]:
    """Path of a problem (``company.name``) → the columns that its value comes from."""
    found: dict[str, dict[str, None]] = {}
    for path, spec in _named(mapping):
        columns = (spec.column, *PLACE.findall(spec.text)) if spec is not None else ()
        found.setdefault(path, {}).update(dict.fromkeys(filter(None, columns)))
    return {path: ", ".join(columns) for path, columns in found.items() if columns}


def with_columns(problems: tuple[Problem, ...], columns: Dictionary[str, str]) -> tuple[Problem, ...]:
    """The problems, each with the column of the file before the field it is about."""
    return tuple(
        replace(one, path=f"{columns[one.path]} ({one.path})") if one.path in columns else one for one in problems
    )


def _named(mapping: Mapping) -> Iterator[Named]:
    for thing in mapping.things:
        yield from _of_thing(thing)
    for link in mapping.relationships:
        yield from ((f"{link.relationship}.{key}", spec) for key, spec in link.fields.items())
        yield from ((f"{link.relationship}.valid_from", link.valid_from), (f"{link.relationship}.valid_until", link.valid_until))
    for item in mapping.interactions:
        yield from ((f"{item.interaction}.{key}", spec) for key, spec in item.texts.items())
        yield item.identifier.system, item.identifier.key


def _of_thing(thing: ThingSpec) -> Iterator[Named]:
    yield from ((f"{thing.name}.{key}", spec) for key, spec in (*thing.identifiers.items(), *thing.fields.items()))
    for role in thing.roles:
        path = f"{thing.name}.{role.role}"
        yield from ((f"{path}.{key}", spec) for key, spec in role.fields.items())
        yield from ((f"{path}.since", role.since), (f"{path}.until", role.until))
    for point in thing.contact_points:
        yield f"{thing.name}.{point.kind}", point.value
