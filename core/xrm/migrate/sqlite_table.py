# SPDX-License-Identifier: Apache-2.0
"""The parts of a SQLite table, taken from its CREATE TABLE: constraints are the same beside a column and after all columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xrm.migrate.catalog import TableState
from xrm.migrate.sqlite_text import Token, as_text, closing, cut, quoted, split_at_commas, without_ascending

_TABLE_CONSTRAINTS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN")
_AFTER_TYPE = (
    "CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED", "AS",
)
_COLUMN_PARTS = ("type", "collation", "null", "default", "generated")
# What SQLite does when nothing is said.
_USUAL = ("ON DELETE NO ACTION", "ON UPDATE NO ACTION", "NOT DEFERRABLE", "NOT DEFERRABLE INITIALLY IMMEDIATE")


def read_table(tokens: Sequence[Token]) -> TableState:
    """The columns and constraints of a CREATE TABLE; the words after its last bracket are constraints too."""
    table = _Table()
    opening = next(place for place, token in enumerate(tokens) if token.is_sign("("))
    end = closing(tokens, opening)
    for part in split_at_commas(tokens[opening + 1 : end]):
        reader = _Reader(part)
        if reader.peeks(*_TABLE_CONSTRAINTS):
            table.read_constraints(reader)
        else:
            table.read_column(reader)
    options = [option for option in split_at_commas(tokens[end + 1 :]) if option]
    for option in options:
        table.constraints.append((as_text(option).lower(), as_text(option).upper()))
    return TableState(table.columns, _named(table.constraints), {})


class _Reader:
    """The tokens of one part of a table, from left to right."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._place = 0

    @property
    def is_at_end(self) -> bool:
        return self._place >= len(self._tokens)

    def peeks(self, *words: str) -> bool:
        """Whether one of these words comes next."""
        return not self.is_at_end and self._tokens[self._place].is_word(*words)

    def peeks_both(self, first: str, second: str) -> bool:
        """Whether these two words come next."""
        following = self._tokens[self._place : self._place + 2]
        return len(following) == 2 and following[0].is_word(first) and following[1].is_word(second)

    def opens(self) -> bool:
        """Whether a bracket comes next."""
        return not self.is_at_end and self._tokens[self._place].is_sign("(")

    def takes(self, *words: str) -> bool:
        """Whether these words come next, one after the other; they are passed then."""
        following = self._tokens[self._place : self._place + len(words)]
        if len(following) < len(words) or not all(token.is_word(word) for token, word in zip(following, words, strict=True)):
            return False
        self._place += len(words)
        return True

    def take(self) -> Token:
        """The next token."""
        self._place += 1
        return self._tokens[self._place - 1]

    def name(self) -> str:
        """The next token as a name; SQLite takes a text in single quotes for one."""
        token = self.take()
        return token.text[1:-1].replace("''", "'") if token.kind == "text" else token.text

    def group(self) -> list[Token]:
        """The next tokens up to the bracket that closes, with both brackets; one token where none opens."""
        if not self.opens():
            return [self.take()]
        begin, self._place = self._place, closing(self._tokens, self._place) + 1
        return list(self._tokens[begin : self._place])

    def up_to_bracket(self) -> list[Token]:
        """The tokens before the next bracket that opens."""
        passed: list[Token] = []
        while not self.is_at_end and not self.opens():
            passed.append(self.take())
        return passed

    def up_to(self, *words: str) -> list[Token]:
        """The tokens before one of these words outside of brackets."""
        passed: list[Token] = []
        while not self.is_at_end and not self.peeks(*words):
            passed += self.group()
        return passed


class _Table:
    """The parts found so far; a constraint without a name has its kind and columns as one, a check the word alone."""

    def __init__(self) -> None:
        self.columns: dict[str, str] = {}
        self.constraints: list[tuple[str, str]] = []
        self._clauses: tuple[tuple[str, Callable[[_Reader, str, dict[str, str], str], None]], ...] = (
            ("PRIMARY KEY", self._primary_key), ("UNIQUE", self._unique), ("CHECK", self._check),
            ("REFERENCES", self._references), ("NOT NULL", _not_null), ("NULL", _null), ("DEFAULT", _default),
            ("COLLATE", _collation), ("GENERATED ALWAYS AS", _generated), ("AS", _generated),
        )

    def read_constraints(self, reader: _Reader) -> None:
        """Take the constraints of the table in; SQLite wants no comma between them."""
        name = ""
        while not reader.is_at_end:
            if reader.takes("CONSTRAINT"):
                name = reader.name()
                continue
            if reader.takes("FOREIGN", "KEY"):
                self._foreign_key(reader, name, reader.group())
            else:
                kind = " ".join(token.text.upper() for token in reader.up_to_bracket())
                self._add(name, kind, without_ascending(reader.group()), reader.up_to(*_TABLE_CONSTRAINTS))
            name = ""

    def read_column(self, reader: _Reader) -> None:
        """Take a column in, and the constraints that stand beside it."""
        name = reader.name()
        parts = {"type": as_text(reader.up_to(*_AFTER_TYPE)).upper()}
        constraint = ""
        while not reader.is_at_end:
            if reader.takes("CONSTRAINT"):
                constraint = reader.name()
                continue
            for words, clause in self._clauses:
                if reader.takes(*words.split()):
                    clause(reader, name, parts, constraint)
                    break
            else:
                # Never met in a text that SQLite took; kept so that nothing is lost from sight.
                parts["type"] = f"{parts['type']} {reader.take().written()}"
            constraint = ""
        self.columns[name] = " ".join(parts[part] for part in _COLUMN_PARTS if parts.get(part))

    def _add(self, name: str, kind: str, listed: Sequence[Token], tail: Sequence[Token] = ()) -> None:
        unnamed = {"PRIMARY KEY": "primary key", "CHECK": "check"}.get(kind, f"{kind.lower()} {as_text(listed)}")
        self.constraints.append((name or unnamed, f"{kind} {as_text(listed)} {as_text(tail)}".strip()))

    def _primary_key(self, reader: _Reader, column: str, _parts: dict[str, str], name: str) -> None:
        descending = reader.takes("DESC")
        reader.takes("ASC")
        order = " DESC" if descending else ""
        self._add(name, "PRIMARY KEY", cut(f"({quoted(column)}{order})"), reader.up_to(*_AFTER_TYPE))

    def _unique(self, reader: _Reader, column: str, _parts: dict[str, str], name: str) -> None:
        self._add(name, "UNIQUE", cut(f"({quoted(column)})"), reader.up_to(*_AFTER_TYPE))

    def _check(self, reader: _Reader, _column: str, _parts: dict[str, str], name: str) -> None:
        self._add(name, "CHECK", reader.group())

    def _references(self, reader: _Reader, column: str, _parts: dict[str, str], name: str) -> None:
        self._foreign_key(reader, name, cut(f"({quoted(column)})"))

    def _foreign_key(self, reader: _Reader, name: str, columns: Sequence[Token]) -> None:
        reader.takes("REFERENCES")
        target = quoted(reader.name()) + (as_text(reader.group()) if reader.opens() else "")
        clauses: list[str] = []
        while reader.peeks("ON", "MATCH", "NOT", "DEFERRABLE") and not reader.peeks_both("NOT", "NULL"):
            clauses.append(_reference_clause(reader))
        said = sorted((clause for clause in clauses if clause not in _USUAL), reverse=True)
        listed = as_text(columns)
        self.constraints.append(
            (name or f"foreign key {listed}", " ".join([f"FOREIGN KEY {listed} REFERENCES {target}", *said]))
        )


def _reference_clause(reader: _Reader) -> str:
    if reader.peeks("ON"):
        clause = [reader.take(), reader.take(), reader.take()]
        clause += [reader.take()] if clause[2].is_word("SET", "NO") else []
    elif reader.peeks("MATCH"):
        clause = [reader.take(), reader.take()]
    else:
        clause = [reader.take(), *([] if reader.peeks("INITIALLY") or not reader.peeks("DEFERRABLE") else [reader.take()])]
        clause += [reader.take(), reader.take()] if reader.peeks("INITIALLY") else []
    return " ".join(token.text.upper() for token in clause)


def _not_null(reader: _Reader, _column: str, parts: dict[str, str], _name: str) -> None:
    parts["null"] = " ".join(["NOT NULL", as_text(reader.up_to(*_AFTER_TYPE))]).strip()


def _null(reader: _Reader, _column: str, _parts: dict[str, str], _name: str) -> None:
    reader.up_to(*_AFTER_TYPE)


def _default(reader: _Reader, _column: str, parts: dict[str, str], _name: str) -> None:
    value = reader.group()
    sign = value[0].text if value[0].is_sign("-") or value[0].is_sign("+") else ""
    if sign:
        value = reader.group()
    elif value[0].is_sign("("):
        value = value[1:-1]
    parts["default"] = f"DEFAULT {sign}{as_text(value)}"


def _collation(reader: _Reader, _column: str, parts: dict[str, str], _name: str) -> None:
    parts["collation"] = f"COLLATE {quoted(reader.name())}"


def _generated(reader: _Reader, _column: str, parts: dict[str, str], _name: str) -> None:
    expression = as_text(reader.group())
    kind = "STORED" if reader.takes("STORED") else "VIRTUAL"
    reader.takes("VIRTUAL")
    parts["generated"] = f"GENERATED ALWAYS AS {expression} {kind}"


def _named(constraints: Sequence[tuple[str, str]]) -> dict[str, str]:
    """By name; those of the same name are counted in the order of their texts, which does not change when one is added."""
    named: dict[str, str] = {}
    counts: dict[str, int] = {}
    for name, definition in sorted(set(constraints)):
        counts[name] = counts.get(name, 0) + 1
        is_first = counts[name] == 1 and name != "check"
        named[name if is_first else f"{name} {counts[name]}"] = definition
    return named
