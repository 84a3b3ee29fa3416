# SPDX-License-Identifier: Apache-2.0
"""What an expression means once checked: terms with a type, a scale and the names they depend on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Type = Literal["text", "number", "yes_no", "date", "datetime", "list", "id", "other"]

MAX_SCALE = 18  # 10 ** 18 is the largest power of ten in 64 bits
DIVISION_SCALE = 4

WORDS: dict[str, str] = {
    "text": "text",
    "number": "a number",
    "yes_no": "yes or no",
    "date": "a date",
    "datetime": "a date and time",
    "list": "a list",
    "id": "a link",
    "other": "a value that can only be empty or filled",
}


@dataclass(frozen=True)
class Operand:
    """What a name stands for: its type, the decimals of a number, and what a list holds."""

    type: Type
    scale: int = 0
    item: Type = "text"


@dataclass(frozen=True)
class Term:
    """One checked operation; ``value`` is a constant, a name or a parameter of the operation."""

    op: str
    type: Type
    scale: int = 0
    args: tuple[Term, ...] = ()
    value: Any = None
    names: frozenset[str] = frozenset()


def make_term(op: str, kind: Type, *args: Term, scale: int = 0, value: Any = None) -> Term:
    """A term that depends on what its operands depend on."""
    names = frozenset().union(*(arg.names for arg in args))
    if op == "field":
        names = frozenset((value,))
    return Term(op, kind, scale, args, value, names)


def constant(kind: Type, value: Any, scale: int = 0) -> Term:
    """A known value: numbers as integers scaled by ``10 ** scale``, ``None`` for empty."""
    return make_term("constant", kind, scale=scale, value=value)


def rescaled(term: Term, scale: int) -> Term:
    """The same number with more decimals."""
    if term.scale == scale:
        return term
    return make_term("rescale", "number", term, scale=scale, value=10 ** (scale - term.scale))
