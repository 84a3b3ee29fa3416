# SPDX-License-Identifier: Apache-2.0
"""SQLite's SQL cut into tokens and put together again in one way of writing, so that equal statements are equal texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<text>[xX]?'(?:[^']|'')*')
      | (?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
      | (?P<number>(?:0[xX][0-9a-fA-F]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))
      | (?P<word>[^\W\d][\w$]*)
      | (?P<sign>\|\||<<|>>|<=|>=|==|!=|<>|->>|->|.)""",
    re.VERBOSE | re.DOTALL,
)
_PLAIN = re.compile(r"[^\W\d][\w$]*")
# The words that SQLite takes for a name in quotes only, and those that are never names in a definition of ours.
_KEYWORDS = frozenset(
    "ADD ALL ALTER ALWAYS AND AS ASC AUTOINCREMENT BEGIN BETWEEN CASE CAST CHECK COLLATE COMMIT CONSTRAINT CREATE CROSS "
    "CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DEFAULT DEFERRABLE DELETE DESC DISTINCT DROP ELSE END ESCAPE EXCEPT EXISTS "
    "FALSE FOREIGN FROM FULL GENERATED GLOB GROUP HAVING IN INDEX INDEXED INNER INSERT INTERSECT INTO IS ISNULL JOIN LEFT LIKE "
    "LIMIT MATCH NATURAL NOT NOTHING NOTNULL NULL ON OR ORDER OUTER PRIMARY REFERENCES REGEXP RETURNING RIGHT ROLLBACK SELECT "
    "SET TABLE THEN TO TRANSACTION TRIGGER TRUE UNION UNIQUE UPDATE USING VALUES VIEW VIRTUAL WHEN WHERE WITH WITHOUT".split()
)
_NO_SPACE_BEFORE = frozenset(",).;")
_NO_SPACE_AFTER = frozenset("(.")


class Token(NamedTuple):
    """One piece of SQL; of a name in quotes ``text`` is what stands between them."""

    kind: Literal["text", "name", "number", "word", "sign"]
    text: str

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these words, in any letters, and not a name in quotes."""
        return self.kind == "word" and self.text.upper() in words

    def is_sign(self, sign: str) -> bool:
        """Whether it is this sign."""
        return self.kind == "sign" and self.text == sign

    def written(self) -> str:
        """The token as it is always written: key words in capitals, names in quotes where they need them."""
        if self.kind == "word":
            upper = self.text.upper()
            return upper if upper in _KEYWORDS else self.text
        return quoted(self.text) if self.kind == "name" else self.text


def cut(sql: str) -> list[Token]:
    """The tokens of a statement, without white space and comments."""
    return [
        Token(kind, match.group() if kind != "name" else _unquoted(match.group()))  # type: ignore[arg-type]
        for match in _TOKEN.finditer(sql)
        if (kind := match.lastgroup) != "space"
    ]


def as_text(tokens: Iterable[Token]) -> str:
    """The tokens as one line."""
    line: list[str] = []
    last: Token | None = None
    for token in tokens:
        if last is not None and _is_apart(last, token):
            line.append(" ")
        line.append(token.written())
        last = token
    return "".join(line)


def without_ascending(tokens: Sequence[Token]) -> list[Token]:
    """The tokens but for ASC, which says what holds anyway."""
    return [token for token in tokens if not token.is_word("ASC")]


def quoted(name: str) -> str:
    """A name as it is written in SQL."""
    if _PLAIN.fullmatch(name) and name.upper() not in _KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def closing(tokens: Sequence[Token], opening: int) -> int:
    """The place of the bracket that closes the one at ``opening``."""
    depth = 0
    for place in range(opening, len(tokens)):
        if tokens[place].is_sign("("):
            depth += 1
        elif tokens[place].is_sign(")"):
            depth -= 1
            if depth == 0:
                return place
    return len(tokens) - 1


def split_at_commas(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """The parts between the commas that are outside of all brackets."""
    parts: list[Sequence[Token]] = []
    depth = begin = 0
    for place, token in enumerate(tokens):
        if token.kind != "sign":
            continue
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "," and depth == 0:
            parts.append(tokens[begin:place])
            begin = place + 1
    return [*parts, tokens[begin:]]


def _unquoted(name: str) -> str:
    if name[0] == "[":
        return name[1:-1]
    return name[1:-1].replace(name[0] * 2, name[0])


def _is_apart(left: Token, right: Token) -> bool:
    if left.kind == "sign" and left.text in _NO_SPACE_AFTER:
        return False
    if right.kind != "sign":
        return True
    if right.text == "(":
        # A name has its bracket close by, with quotes or without; a key word has not.
        return left.kind not in {"word", "name"} or (left.kind == "word" and left.text.upper() in _KEYWORDS)
    return right.text not in _NO_SPACE_BEFORE
