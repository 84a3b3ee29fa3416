# SPDX-License-Identifier: Apache-2.0
"""The grammar of expressions and its parser, built at first use."""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from typing import Any, NoReturn, cast

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from xrm.errors import Message, msg
from xrm.schema.expressions.syntax import ExpressionError, Node, make_node

GRAMMAR = r"""
?start: disjunction
?disjunction: conjunction (OR conjunction)*
?conjunction: negation (AND negation)*
?negation: NOT negation -> negated
    | comparison
?comparison: sum
    | sum COMPARE sum -> compare
    | sum IN sum -> member
    | sum NOT IN sum -> not_member
    | sum IS EMPTY -> empty
    | sum IS FILLED -> filled
    | sum IS NOT EMPTY -> not_empty
?sum: product ((PLUS | MINUS) product)*
?product: unary ((TIMES | DIVIDE | MODULO) unary)*
?unary: MINUS unary -> negative
    | atom
?atom: NUMBER -> number
    | TEXT -> text
    | (TRUE | FALSE) -> yes_no
    | NAME -> name
    | NAME "(" (disjunction ("," disjunction)*)? ")" -> call
    | IF "(" disjunction ("," disjunction)* ")" -> call
    | "(" disjunction ")" -> group
    | OPENING (disjunction ("," disjunction)*)? "]" -> list

OPENING: "["
OR: "or"
AND: "and"
NOT: "not"
IN: "in"
IS: "is"
IF: "if"
EMPTY: "empty"
FILLED: "filled"
TRUE: "true"
FALSE: "false"
COMPARE: "==" | "!=" | "<=" | ">=" | "<" | ">" | "~"
PLUS: "+"
MINUS: "-"
TIMES: "*"
DIVIDE: "/"
MODULO: "%"
NUMBER: /[0-9]+(\.[0-9]+)?/
TEXT: /"(\\.|[^"\\])*"/s
NAME: /[A-Za-z_][A-Za-z0-9_]*/
%ignore /[ \t\r\n]+/
"""

_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}
_HINTS = {
    "'": msg('put text in double quotes, as in "active"'),
    "=": msg("one equals sign; write == to compare"),
    "&": msg("write and"),
    "|": msg("write or"),
    "!": msg("write not, or != to compare"),
    '"': msg("this text has no closing double quote"),
}


_END = "$END"  # lark's name for the end of the text


def _unescape(token: Token) -> str:
    def unescape(match: re.Match[str]) -> str:
        char = match.group(1)
        if char not in _ESCAPES:
            message = msg('\\{char} means nothing in a text; only \\" \\\\ \\n \\t do', char=char)
            raise ExpressionError(message, (token.column or 1) + 1 + match.start())
        return _ESCAPES[char]

    return re.sub(r"\\(.)", unescape, token[1:-1], flags=re.DOTALL)


@v_args(inline=True)
class _Reader(Transformer[Token, Node]):
    """Turns what the parser recognises into nodes, innermost first; nothing here calls itself."""

    def _chain(self, *parts: Any) -> Node:
        operators = tuple(str(part) for part in parts[1::2])
        kind = {"or": "or", "and": "and", "+": "sum", "-": "sum"}.get(operators[0], "product")
        return make_node(kind, parts[1].column, operators, parts[::2])

    disjunction = conjunction = sum = product = _chain

    def negated(self, operator: Token, operand: Node) -> Node:
        return make_node("not", operator.column or 1, None, (operand,))

    def negative(self, operator: Token, operand: Node) -> Node:
        return make_node("negative", operator.column or 1, None, (operand,))

    def compare(self, left: Node, operator: Token, right: Node) -> Node:
        return make_node("compare", operator.column or 1, str(operator), (left, right))

    def member(self, left: Node, operator: Token, right: Node) -> Node:
        return make_node("in", operator.column or 1, None, (left, right))

    def not_member(self, left: Node, operator: Token, _in: Token, right: Node) -> Node:
        return make_node("not", operator.column or 1, None, (self.member(left, operator, right),))

    def empty(self, operand: Node, operator: Token, _empty: Token) -> Node:
        return make_node("empty", operator.column or 1, None, (operand,))

    def filled(self, operand: Node, operator: Token, *_words: Token) -> Node:
        return make_node("not", operator.column or 1, None, (self.empty(operand, operator, operator),))

    not_empty = filled

    def number(self, token: Token) -> Node:
        return make_node("number", token.column or 1, str(token))

    def text(self, token: Token) -> Node:
        return make_node("text", token.column or 1, _unescape(token))

    def yes_no(self, word: Token) -> Node:
        return make_node("yes_no", word.column or 1, word == "true")

    def name(self, token: Token) -> Node:
        return make_node("name", token.column or 1, str(token))

    def call(self, token: Token, *arguments: Node) -> Node:
        return make_node("call", token.column or 1, str(token), arguments)

    def group(self, inner: Node) -> Node:
        # A pair of brackets counts as a level although it leaves no trace in the tree.
        return replace(inner, depth=make_node("group", inner.column, None, (inner,)).depth)

    def list(self, bracket: Token, *items: Node) -> Node:
        return make_node("list", bracket.column or 1, None, items)


@functools.cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer="basic", transformer=_Reader(), maybe_placeholders=False)


def read(text: str) -> Node:
    """The tree of an expression, or an ``ExpressionError`` that says where reading stopped."""
    try:
        tree: Any = _parser().parse(text)
        return cast("Node", tree)
    except UnexpectedInput as error:
        _refuse(text, error)


def _refuse(text: str, error: UnexpectedInput) -> NoReturn:
    position = error.pos_in_stream or 0
    message: Message
    if isinstance(error, UnexpectedEOF) or (isinstance(error, UnexpectedToken) and error.token.type == _END):
        position, message = len(text), msg("the expression ends too early; a value or a closing bracket is missing")
    elif isinstance(error, UnexpectedCharacters):
        char = text[position]
        message = _HINTS.get(char, msg('"{char}" is not part of the language', char=char))
    else:
        token = str(error.token) if isinstance(error, UnexpectedToken) else text[position]
        message = msg('"{token}" cannot stand here', token=token)
        if token in ("==", "!=", "<", "<=", ">", ">=", "~", "in", "is", "not"):
            message = msg('"{token}" cannot stand here; join two comparisons with and', token=token)
    raise ExpressionError(message, position + 1) from None
