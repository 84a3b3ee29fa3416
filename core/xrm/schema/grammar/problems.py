# SPDX-License-Identifier: Apache-2.0
"""From marshmallow's tree of messages to problems that name file, line and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import ValidationError
from marshmallow.exceptions import SCHEMA

from xrm.errors import Message, Problem
from xrm.schema.grammar.mapping import Grammar
from xrm.schema.grammar.values import KeyMessage
from xrm.schema.strict_yaml import Document, DocumentPath


def take(grammar: Grammar, document: Document) -> tuple[dict[str, Any], Mapping[Any, Any]]:
    """The valid part of a document by a grammar, and the tree of what is wrong with the rest (empty when all is right)."""
    try:
        return dict(grammar.load(document.data)), {}
    except ValidationError as error:
        valid = error.valid_data if isinstance(error.valid_data, dict) else {}
        return valid, error.messages if isinstance(error.messages, dict) else {SCHEMA: error.messages}


def as_problems(document: Document, tree: Mapping[Any, Any], path: DocumentPath = ()) -> Iterator[Problem]:
    """Each message of a tree as a problem, located where its key or value stands."""
    for key, below in tree.items():
        inner = path if key == SCHEMA else (*path, key)
        if isinstance(below, Mapping):
            yield from as_problems(document, below, inner)
            continue
        for message in below:
            yield _problem(document, inner, message)


def in_file_order(problems: list[Problem]) -> list[Problem]:
    """The same problems, by file, line and column."""
    return sorted(problems, key=lambda problem: _place(problem.where))


def _problem(document: Document, path: DocumentPath, message: Message) -> Problem:
    if isinstance(message, KeyMessage):
        return document.problem(path, Message(message.text, message.params), key=True)
    return document.problem(path, message, key=isinstance(_value_at(document.data, path), (dict, list)))


def _value_at(value: Any, path: DocumentPath) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _place(where: str) -> tuple[str, int, int]:
    file, *numbers = where.rsplit(":", 2)
    if len(numbers) == 2 and all(number.isdigit() for number in numbers):
        return file, int(numbers[0]), int(numbers[1])
    return where, 0, 0
