# SPDX-License-Identifier: Apache-2.0
"""The functions of the language: how many values each takes and what it makes of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING

from xrm.errors import msg
from xrm.folding import fold
from xrm.schema.expressions.coercion import fitted, same_type, wrong_type
from xrm.schema.expressions.syntax import ExpressionError, Node
from xrm.schema.expressions.terms import Term, Type, constant, make_term, rescaled

if TYPE_CHECKING:
    from xrm.schema.expressions.checker import Checker

MANY = 100


def contains(checker: Checker, node: Node) -> Term:
    """``contains(field, text)`` and ``field ~ text``: the folded text stands somewhere in the folded field."""
    return _search("contains", checker, node)


def _starts_with(checker: Checker, node: Node) -> Term:
    return _search("starts_with", checker, node)


def _search(op: str, checker: Checker, node: Node) -> Term:
    field, part = checker.check(node.children[0]), checker.value(node.children[1], "text")
    if field.type == "list":
        message = msg('{name} has many values; write "…" in {name}', name=field.value)
        raise ExpressionError(message, node.children[0].column)
    if field.type != "text" or field.op != "field":
        raise ExpressionError(msg("only a text field can be searched, not a computed value"), node.children[0].column)
    if part.names:
        raise ExpressionError(msg("what is searched for must be a fixed text"), node.children[1].column)
    return make_term(op, "yes_no", field, part)


def _lower(checker: Checker, node: Node) -> Term:
    term = checker.value(node.children[0], "text")
    if term.op == "constant":
        return constant("text", fold(term.value))
    if term.op != "field":
        raise ExpressionError(msg("lower() takes a text field or a fixed text, not a computed value"), node.children[0].column)
    return make_term("fold", "text", term)


def _length(checker: Checker, node: Node) -> Term:
    return make_term("length", "number", checker.value(node.children[0], "text"))


def _today(_checker: Checker, _node: Node) -> Term:
    return make_term("today", "date")


def _now(_checker: Checker, _node: Node) -> Term:
    return make_term("now", "datetime")


def _day(term: Term) -> Term:
    return make_term("date_of_moment", "date", term) if term.type == "datetime" else term


def _date(checker: Checker, node: Node) -> Term:
    return _day(checker.value(node.children[0], "date", "datetime"))


def _part_of_date(op: str) -> Callable[[Checker, Node], Term]:
    def build(checker: Checker, node: Node) -> Term:
        return make_term(op, "number", _date(checker, node))

    return build


def _age(checker: Checker, node: Node) -> Term:
    born = make_term("date_digits", "number", _date(checker, node))
    today = make_term("date_digits", "number", make_term("today", "date"))
    passed = make_term("subtract", "number", today, born)
    return make_term("floor_divide", "number", passed, constant("number", 10_000))


def _unified(checker: Checker, nodes: tuple[Node, ...]) -> list[Term]:
    terms = same_type([(node, checker.check(node)) for node in nodes])
    if terms[0].type in ("list", "other"):
        raise wrong_type(nodes[0], terms[0], "text", "number", "date")
    scale = max(term.scale for term in terms)
    return [rescaled(term, scale) for term in terms] if terms[0].type == "number" else terms


def _coalesce(checker: Checker, node: Node) -> Term:
    terms = _unified(checker, node.children)
    return make_term("coalesce", terms[0].type, *terms, scale=terms[0].scale)


def _if(checker: Checker, node: Node) -> Term:
    condition = checker.value(node.children[0], "yes_no")
    branches = _unified(checker, node.children[1:])
    if len(branches) == 1:
        branches.append(constant(branches[0].type, None, branches[0].scale))
    return make_term("if", branches[0].type, condition, *branches, scale=branches[0].scale)


def _extreme(op: str) -> Callable[[Checker, Node], Term]:
    def build(checker: Checker, node: Node) -> Term:
        terms = _unified(checker, node.children)
        kind: Type = terms[0].type
        if kind in ("yes_no", "id"):
            raise wrong_type(node.children[0], terms[0], "number", "date", "text")
        return reduce(lambda left, right: make_term(op, kind, left, right, scale=left.scale), terms)

    return build


def _round(checker: Checker, node: Node) -> Term:
    term = checker.value(node.children[0], "number")
    decimals = 0
    if len(node.children) == 2:
        places = node.children[1]
        if places.kind != "number" or "." in places.value or len(places.value) > 2:
            raise ExpressionError(msg("round() takes a fixed number of decimals from 0, as in round(amount, 2)"), places.column)
        decimals = int(places.value)
    if decimals >= term.scale:
        return term
    return make_term("round", "number", term, scale=decimals, value=10 ** (term.scale - decimals))


def _abs(checker: Checker, node: Node) -> Term:
    term = checker.value(node.children[0], "number")
    return make_term("absolute", "number", term, scale=term.scale)


def _div(checker: Checker, node: Node) -> Term:
    terms = [fitted(checker.check(child), "number", child) for child in node.children]
    scale = max(term.scale for term in terms)
    return make_term("floor_divide", "number", *(rescaled(term, scale) for term in terms))


FUNCTIONS: dict[str, tuple[int, int, Callable[[Checker, Node], Term]]] = {
    "contains": (2, 2, contains),
    "starts_with": (2, 2, _starts_with),
    "lower": (1, 1, _lower),
    "length": (1, 1, _length),
    "today": (0, 0, _today),
    "now": (0, 0, _now),
    "date": (1, 1, _date),
    "year": (1, 1, _part_of_date("year")),
    "month": (1, 1, _part_of_date("month")),
    "day": (1, 1, _part_of_date("day")),
    "age": (1, 1, _age),
    "coalesce": (1, MANY, _coalesce),
    "if": (2, 3, _if),
    "round": (1, 2, _round),
    "abs": (1, 1, _abs),
    "min": (2, MANY, _extreme("least")),
    "max": (2, MANY, _extreme("greatest")),
    "div": (2, 2, _div),
}
