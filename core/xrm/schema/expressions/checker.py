# SPDX-License-Identifier: Apache-2.0
"""From nodes to terms: names are looked up, types must fit, scales are settled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce

from xrm.db.exact_numbers import MAX_INT64
from xrm.errors import msg
from xrm.schema.expressions import calls
from xrm.schema.expressions.coercion import fitted, same_type, wrong_type
from xrm.schema.expressions.syntax import ExpressionError, Node, meant
from xrm.schema.expressions.terms import DIVISION_SCALE, MAX_SCALE, WORDS, Operand, Term, constant, make_term, rescaled

_COMPARISONS = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_ORDERED = ("text", "number", "date", "datetime")


class Checker:
    """Checks nodes against the fields they may name."""

    def __init__(self, fields: Mapping[str, Operand]) -> None:
        self._fields = fields
        self._kinds: dict[str, Callable[[Node], Term]] = {
            "number": self._number,
            "text": lambda node: constant("text", node.value),
            "yes_no": lambda node: constant("yes_no", node.value),
            "name": self._name,
            "list": self._list,
            "call": self._call,
            "or": self._logic,
            "and": self._logic,
            "not": self._logic,
            "negative": self._negative,
            "compare": self._compare,
            "in": self._member,
            "empty": self._empty,
            "sum": self._chain,
            "product": self._chain,
        }

    def check(self, node: Node) -> Term:
        """The term of a node; an ``ExpressionError`` at the first thing that does not fit."""
        return self._kinds[node.kind](node)

    def result(self, node: Node) -> Term:
        """The term of the whole expression, which must be one value."""
        term = self.check(node)
        if term.type in ("list", "other"):
            raise wrong_type(node, term, "yes_no", "text", "number", "date")
        return term

    def value(self, node: Node, *types: str) -> Term:
        """The term of a node that must have one of these types; text written for a date is read as one."""
        term = self.check(node)
        if term.type not in types:
            if term.op == "constant" and term.type == "text" and types[0] in ("date", "datetime"):
                return fitted(term, types[0], node)
            raise wrong_type(node, term, *types)
        return term

    def _number(self, node: Node) -> Term:
        whole, _, decimals = node.value.partition(".")
        number = int(whole + decimals)
        if len(decimals) > MAX_SCALE or number > MAX_INT64:
            raise ExpressionError(msg("the number {number} has too many digits; 18 are safe", number=node.value), node.column)
        return constant("number", number, len(decimals))

    def _name(self, node: Node) -> Term:
        operand = self._fields.get(node.value)
        if operand is None:
            guess = meant(node.value, self._fields)
            if guess:
                message = msg('there is no field "{name}"; did you mean "{guess}"?', name=node.value, guess=guess)
            elif node.value in calls.FUNCTIONS:
                message = msg("{name} is a function; write {name}()", name=node.value)
            else:
                known = ", ".join(sorted(self._fields)[:12]) or "-"
                message = msg('there is no field "{name}" here; there are {known}', name=node.value, known=known)
            raise ExpressionError(message, node.column)
        kind = operand.type if operand.type in WORDS else "other"
        return make_term("field", kind, scale=operand.scale, value=node.value)

    def _list(self, node: Node) -> Term:
        raise ExpressionError(msg('a list can only follow in, as in status in ["active", "lost"]'), node.column)

    def _call(self, node: Node) -> Term:
        function = calls.FUNCTIONS.get(node.value)
        if function is None:
            guess = meant(node.value, calls.FUNCTIONS)
            if guess:
                raise ExpressionError(
                    msg('there is no function "{name}"; did you mean "{guess}"?', name=node.value, guess=guess), node.column
                )
            known = ", ".join(sorted(calls.FUNCTIONS))
            message = msg('there is no function "{name}"; there are {known}', name=node.value, known=known)
            raise ExpressionError(message, node.column)
        least, most, build = function
        if not least <= len(node.children) <= most:
            message = msg(
                "{name}() takes {least} to {most} values, not {count}",
                name=node.value, least=least, most=most, count=len(node.children),
            )  # fmt: skip
            raise ExpressionError(message, node.column)
        return build(self, node)

    def _logic(self, node: Node) -> Term:
        return make_term(node.kind, "yes_no", *(self.value(child, "yes_no") for child in node.children))

    def _negative(self, node: Node) -> Term:
        term = self.value(node.children[0], "number")
        return make_term("subtract", "number", constant("number", 0), term, scale=term.scale)

    def _compare(self, node: Node) -> Term:
        if node.value == "~":
            return calls.contains(self, node)
        left, right = same_type([(child, self.check(child)) for child in node.children])
        if left.type == "list":
            raise ExpressionError(msg('a field of many values is asked with in, as in "golf" in interests'), node.column)
        if left.type == "other":
            raise wrong_type(node, left, "text", "number", "date")
        operator = _COMPARISONS[node.value]
        if operator not in ("eq", "ne") and left.type not in _ORDERED:
            raise ExpressionError(msg("{type} has no order; only == and != compare it", type=WORDS[left.type]), node.column)
        return make_term(operator, "yes_no", left, right)

    def _member(self, node: Node) -> Term:
        left_node, right_node = node.children
        left = self.check(left_node)
        if right_node.kind != "list":
            return self._member_of_field(left_node, left, right_node)
        if not right_node.children:
            raise ExpressionError(msg("the list is empty; put at least one value in it"), right_node.column)
        items = [fitted(self.check(child), left.type, child) for child in right_node.children]
        for child, item in zip(right_node.children, items, strict=True):
            if item.names:
                raise ExpressionError(msg("a list holds fixed values; compare two fields with =="), child.column)
        if left.type == "list":
            raise wrong_type(left_node, left, "text", "number", "date")
        return make_term("in_list", "yes_no", left, *items)

    def _member_of_field(self, left_node: Node, left: Term, right_node: Node) -> Term:
        right = self.check(right_node)
        if right.type == "text":
            message = msg("{name} is text; write contains({name}, …)", name=right_node.value)
            raise ExpressionError(message, right_node.column)
        if right.op != "field" or right.type != "list":
            raise wrong_type(right_node, right, "list")
        return make_term("in_field", "yes_no", fitted(left, self._fields[right.value].item, left_node), right)

    def _empty(self, node: Node) -> Term:
        return make_term("empty", "yes_no", self.check(node.children[0]))

    def _chain(self, node: Node) -> Term:
        first, *others = node.children
        pairs = zip(node.value, others, strict=True)
        return reduce(lambda left, pair: self._operate(node, left, pair[0], pair[1]), pairs, self.check(first))

    def _operate(self, node: Node, left: Term, operator: str, right_node: Node) -> Term:
        right = self.check(right_node)
        types = (left.type, right.type)
        if types == ("number", "number"):
            return _arithmetic(node, operator, left, right)
        if types == ("text", "text") and operator == "+":
            return make_term("concat", "text", left, right)
        if left.type == "date" and operator in ("+", "-"):
            return self._days(node, operator, left, right)
        if types == ("number", "date") and operator == "+":
            return self._days(node, operator, right, left)
        raise ExpressionError(
            msg(
                "{operator} does not work between {left} and {right}",
                operator=operator, left=WORDS[left.type], right=WORDS[right.type],
            ),
            node.column,
        )  # fmt: skip

    def _days(self, node: Node, operator: str, left: Term, right: Term) -> Term:
        number = make_term("day_number", "number", left)
        if operator == "-" and right.type in ("date", "text"):
            return make_term("subtract", "number", number, make_term("day_number", "number", fitted(right, "date", node)))
        if right.type != "number" or right.scale:
            raise ExpressionError(msg("a date takes whole days, as in today() - 30; round() the number"), node.column)
        moved = make_term({"+": "add", "-": "subtract"}[operator], "number", number, right)
        return make_term("date_of_day", "date", moved)


def _arithmetic(node: Node, operator: str, left: Term, right: Term) -> Term:
    if operator == "*":
        if left.scale + right.scale > MAX_SCALE:
            raise ExpressionError(msg("the product has more than {limit} decimals; round() first", limit=MAX_SCALE), node.column)
        return make_term("multiply", "number", left, right, scale=left.scale + right.scale)
    scale = max(left.scale, right.scale)
    left, right = rescaled(left, scale), rescaled(right, scale)
    if operator == "/":
        decimals = max(scale, DIVISION_SCALE)
        return make_term("divide", "number", left, right, scale=decimals, value=decimals)
    return make_term({"+": "add", "-": "subtract", "%": "modulo"}[operator], "number", left, right, scale=scale)
