# SPDX-License-Identifier: Apache-2.0
"""Bringing two values to one type: a text written for a date is read as one, a date becomes its midnight."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from xrm.errors import msg
from xrm.schema.expressions.syntax import ExpressionError, Node
from xrm.schema.expressions.terms import WORDS, Term, Type, constant, make_term

_EXAMPLES = {
    "date": "2026-01-31",
    "datetime": "2026-01-31T09:30:00+01:00",
    "id": "01890a5d-ac96-774b-bcce-b302099a8057",
}


def wrong_type(node: Node, term: Term, *wanted: str) -> ExpressionError:
    """The error for a value of another type than those wanted."""
    names = " / ".join(WORDS[kind] for kind in wanted)
    return ExpressionError(msg("{wanted} is needed here, and this is {found}", wanted=names, found=WORDS[term.type]), node.column)


def fitted(term: Term, kind: Type | str, node: Node) -> Term:
    """The term as this type, or an ``ExpressionError``."""
    if term.type == kind:
        return term
    if kind == "datetime" and term.type == "date":
        return make_term("midnight", "datetime", term)
    if term.op == "constant" and term.type == "text" and kind in ("date", "datetime", "id"):
        return _read(term.value, kind, node)
    raise wrong_type(node, term, kind)


def same_type(parts: Sequence[tuple[Node, Term]]) -> list[Term]:
    """The terms, all of one type: that of the first that is not written as text, moments before days."""
    types = [term.type for _, term in parts]
    leading = [term.type for _, term in parts if not (term.op == "constant" and term.type == "text")]
    kind = "datetime" if "datetime" in leading else (leading or types)[0]
    return [fitted(term, kind, node) for node, term in parts]


def _read(text: str, kind: str, node: Node) -> Term:
    try:
        value = _READERS[kind](text)
    except ValueError:
        value = None
    if value is None:
        example = _EXAMPLES[kind]
        message = msg('"{text}" is not {type}; write it like "{example}"', text=text, type=WORDS[kind], example=example)
        raise ExpressionError(message, node.column)
    return constant(kind, value)  # type: ignore[arg-type]


def _read_date(text: str) -> date | None:
    return date.fromisoformat(text) if len(text) == 10 else None


def _read_moment(text: str) -> datetime | None:
    if len(text) == 10:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    moment = datetime.fromisoformat(text)
    try:
        return moment.astimezone(UTC) if moment.tzinfo else None
    except OverflowError:
        return None


_READERS: dict[str, Any] = {"date": _read_date, "datetime": _read_moment, "id": uuid.UUID}
