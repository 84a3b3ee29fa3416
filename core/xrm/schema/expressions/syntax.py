# SPDX-License-Identifier: Apache-2.0
"""What an expression looks like once read: nodes with their column, and the limits on size."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from xrm.errors import Message, msg
from xrm.schema.fields.base import InvalidValue

MAX_LENGTH = 2_000
MAX_NESTING = 50
MAX_NODES = 500

# PostgreSQL cannot keep the character zero, and UTF-8 has no lone surrogates.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class ExpressionError(InvalidValue):
    """An expression that cannot be read or does not fit its fields; ``column`` counts characters from 1."""

    def __init__(self, message: Message, column: int = 1) -> None:
        self.column = column
        super().__init__(msg("column {column}: {problem}", column=column, problem=message))


@dataclass(frozen=True)
class Node:
    """One part of an expression: what kind, where it begins, its value or operator, its parts."""

    kind: str
    column: int
    value: Any = None
    children: tuple[Node, ...] = ()
    depth: int = field(default=1, compare=False)
    size: int = field(default=1, compare=False)


def make_node(kind: str, column: int, value: Any = None, children: Iterable[Node] = ()) -> Node:
    """A node that knows its depth and size; an ``ExpressionError`` when either passes the limit."""
    parts = tuple(children)
    depth = 1 + max((part.depth for part in parts), default=0)
    size = 1 + sum(part.size for part in parts)
    if depth > MAX_NESTING:
        raise ExpressionError(msg("nested more than {limit} deep; split it into several fields", limit=MAX_NESTING), column)
    if size > MAX_NODES:
        raise ExpressionError(msg("more than {limit} parts; split it into several fields", limit=MAX_NODES), column)
    return Node(kind, column, value, parts, depth, size)


@lru_cache(maxsize=2048)
def parse(text: str) -> Node:
    """The tree of an expression.

    Raises:
        ExpressionError: with the column and, where one can be guessed, what was meant.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(msg("longer than {limit} characters; split it into several fields", limit=MAX_LENGTH), MAX_LENGTH)
    bad = _UNSTORABLE.search(text)
    if bad:
        raise ExpressionError(msg("a character that no database keeps; remove it"), bad.start() + 1)
    if not text.strip():
        raise ExpressionError(msg('the expression is empty; write for example status == "active"'))
    # lark costs a tenth of a second: a command that needs no expression does not pay for it.
    from xrm.schema.expressions.grammar import read  # noqa: PLC0415

    return read(text)


def meant(word: str, known: Iterable[str]) -> str:
    """The known word that looks most like this one, or an empty text."""
    return next(iter(difflib.get_close_matches(word, list(known), 1, 0.6)), "")
