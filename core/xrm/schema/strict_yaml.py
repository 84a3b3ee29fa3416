# SPDX-License-Identifier: Apache-2.0
"""YAML as written by people, read strictly: text stays text, nothing is guessed, every value knows its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from xrm.errors import InvalidInput, Message, Problem, msg
from xrm.schema.model import Location

MAX_BYTES = 1_000_000
MAX_DEPTH = 40

DocumentPath = tuple[str | int, ...]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
# Leading zeros and plus signs stay text: 01000 is a postal code and +33142685300 a phone number.
_NO_KEYS = frozenset({"<<", "", "~", "null"})
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,29})\Z")
_BASED = re.compile(r"0(?:o[0-7]{1,20}|x[0-9a-fA-F]{1,16})\Z")
_DECIMAL = re.compile(r"-?(?:(?:0|[1-9][0-9]{0,29})(?:\.[0-9]{0,29})?|\.[0-9]{1,29})(?:[eE][-+]?[0-9]{1,2})?\Z")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]")

_ALIAS = msg('"*" refers to another part of a file. Write the value out, or put text that begins with "*" in quotes.')
_BRACE = msg('A "{" is not closed. Close it with "}", and part the entries with ", ".')
# What the parser says (libyaml and PyYAML word some differently), and what to do about it.
_REMEDIES = (
    ("mapping values are not allowed", msg('A ":" too many. Put text that contains ": " in quotes, and check the indentation.')),
    ("tab character that violates", msg("A tab. Indent with spaces, never with tabs.")),
    (
        "cannot start any token",
        msg("Text cannot begin with this character. Put it in quotes; indent with spaces, never with tabs."),
    ),
    ("could not find expected ':'", msg('A ":" is missing after a key. Write "key: value".')),
    ("expected ',' or '}'", _BRACE),
    ("expected ',' or ']'", msg('A "[" is not closed. Close it with "]", and part the entries with ", ".')),
    ("unexpected end of stream", msg("A quote is opened and never closed. Close it.")),
    ("expected '-' indicator", msg('A list goes on with something that is not "- …". Check the indentation.')),
    ("expected key", msg("A key is expected here. Check the indentation, and close every quote and bracket above.")),
    ("expected <block end>", msg("A key is expected here. Check the indentation, and close every quote and bracket above.")),
    ("undefined alias", _ALIAS),
)


class _Place:
    """Where a value and its key stand, and the places inside it; ``mark`` has line and column from 0."""

    __slots__ = ("inside", "key_mark", "mark")

    def __init__(self, key_mark: Any, mark: Any) -> None:
        self.key_mark = key_mark
        self.mark = mark
        self.inside: dict[str | int, _Place] | None = None


@dataclass(frozen=True)
class Document:
    """One YAML file as plain values (text, int, Decimal, bool, None, list, dict with text keys) and where each stands."""

    file: str
    data: Any
    place: _Place | None = None

    def at(self, path: DocumentPath, *, key: bool = False) -> Location:
        """Where the value at a path stands (``key``: where its key does); for a missing one, where its parent does."""
        place = self.place
        if place is None:
            return Location(self.file)
        for step in path:
            inside = place.inside.get(step) if place.inside else None
            if inside is None:
                key = True
                break
            place = inside
        mark = place.key_mark if key else place.mark
        return Location(self.file, mark.line + 1, mark.column + 1)

    def problem(self, path: DocumentPath, message: Message, *, key: bool = False) -> Problem:
        """A problem with the value (or key) at a path."""
        return Problem(".".join(map(str, path)), message, str(self.at(path, key=key)))


def read(path: Path) -> Document:
    """The document in a file.

    Raises:
        InvalidInput: when it is not strict YAML in UTF-8 of at most 1 MB; ``problems`` have file, line and column.
    """
    file = str(path)
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InvalidInput(
            [Problem("", msg("Cannot be read: {reason}. Check its path and rights.", reason=reason), file)]
        ) from error
    if len(raw) > MAX_BYTES:
        message = msg("Larger than {limit} bytes. Split it, or keep data out of it.", limit=MAX_BYTES)
        raise InvalidInput([Problem("", message, file)])
    return parse(_decode(raw, file), file)


def parse(text: str, file: str = "") -> Document:
    """The document in a text; ``file`` is the name that messages carry. Raises InvalidInput as ``read`` does."""
    bad = _UNPRINTABLE.search(text)
    if bad:
        message = msg("Unprintable character {code}. Remove it; is this a text file?", code=f"U+{ord(bad.group()):04X}")
        raise InvalidInput([Problem("", message, str(_location(file, text, bad.start())))])
    builder = _Builder(file)
    try:
        for event in _events(text):
            builder.take(event)
    except yaml.YAMLError as error:
        builder.problems.append(_syntax_problem(error, file))
    if builder.problems:
        raise InvalidInput(builder.problems)
    return Document(file, builder.root, builder.place)


def _events(text: str) -> Iterator[Event]:
    # Events instead of nodes: aliases, tags and depth are seen before anything is built, and the C parser cannot recurse.
    loader = _LOADER(text)
    try:
        while (event := loader.get_event()) is not None:
            yield event
    finally:
        loader.dispose()


def _decode(raw: bytes, file: str) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InvalidInput([Problem("", msg("Written in UTF-16. Save it as UTF-8."), f"{file}:1:1")])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig")
        message = msg("Byte {byte} is not UTF-8. Save the file as UTF-8.", byte=f"0x{raw[error.start]:02X}")
        raise InvalidInput([Problem("", message, str(_location(file, before, len(before))))]) from error


def _location(file: str, text: str, offset: int) -> Location:
    return Location(file, text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1)


def _syntax_problem(error: yaml.YAMLError, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = " ".join(str(part) for part in (getattr(error, "context", None), getattr(error, "problem", None)) if part)
    other = msg("Not YAML: {said}. Check the indentation, quotes and brackets here.", said=said or str(error))
    message = next((remedy for part, remedy in _REMEDIES if part in said), other)
    where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
    return Problem("", message, where)


def plain_value(text: str) -> Any:
    """What an unquoted scalar means: a boolean, null, integer or decimal as in YAML 1.2; anything else is text."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "0123456789-.":
        if _INTEGER.match(text):
            return int(text)
        if _DECIMAL.match(text):
            return Decimal(text)
        if _BASED.match(text):
            return int(text, 0)
    return text


class _Builder:
    """Turns parser events into plain values and their places, and collects problems."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Any = None
        self.place: _Place | None = None
        self.problems: list[Problem] = []
        self._documents = 0
        self._stack: list[tuple[Any, dict[str | int, _Place]]] = []
        self._key: tuple[str, Any] | None = None  # the key whose value comes next, and its mark

    def take(self, event: Event) -> None:
        """Take the next event of the parser."""
        kind = type(event)
        if kind is ScalarEvent:
            self._scalar(event)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            self._open(event)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            self._stack.pop()
        elif kind is AliasEvent:
            self._refuse(event, _ALIAS)
            self._put(None, event.start_mark)
        elif kind is DocumentStartEvent:
            self._start_document(event)

    def _scalar(self, event: Any) -> None:
        if event.anchor or event.tag:
            self._refuse_decoration(event)
        text = event.value
        if self._key is None and self._stack and type(self._stack[-1][0]) is dict:
            container, places = self._stack[-1]
            if text in container or text in _NO_KEYS:
                self._check_key(event, text, places)
            self._key = (text, event.start_mark)
        else:
            self._put(text if event.style else plain_value(text), event.start_mark)

    def _check_key(self, event: Any, key: str, places: Mapping[str | int, _Place]) -> None:
        if key in places:
            first = places[key].key_mark.line + 1
            self._refuse(event, msg('The key "{key}" is already in line {line}. Keep one of the two.', key=key, line=first))
        elif not event.style:
            other = msg("A key is missing before the colon. Write one.")
            self._refuse(event, msg('The merge key "<<" is not taken. Write the keys out.') if key == "<<" else other)

    def _open(self, event: Any) -> None:
        if event.anchor or event.tag:
            self._refuse_decoration(event)
        if len(self._stack) >= MAX_DEPTH:
            self._refuse(event, msg("Nested deeper than {limit} levels. Make it flatter.", limit=MAX_DEPTH))
            raise InvalidInput(self.problems)
        if self._key is None and self._stack and type(self._stack[-1][0]) is dict:
            self._refuse(event, msg("A list or mapping cannot be a key. Write a text before the colon."))
            raise InvalidInput(self.problems)
        value: Any = {} if type(event) is MappingStartEvent else []
        place = self._put(value, event.start_mark)
        place.inside = {}
        self._stack.append((value, place.inside))

    def _put(self, value: Any, mark: Any) -> _Place:
        if not self._stack:
            self.root, self.place = value, _Place(mark, mark)
            return self.place
        container, places = self._stack[-1]
        if self._key is None:
            place = places[len(container)] = _Place(mark, mark)
            container.append(value)
            return place
        key, key_mark = self._key
        self._key = None
        place = _Place(key_mark, mark)
        if key not in container:  # the first of two stays; the second was reported
            places[key] = place
            container[key] = value
        return place

    def _start_document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            self._refuse(event, msg('A second document begins here ("---"). Write one document per file.'))
            raise InvalidInput(self.problems)
        if event.version or event.tags:
            self._refuse(event, msg('Directives ("%YAML", "%TAG") are not taken. Remove the line.'))

    def _refuse_decoration(self, event: Any) -> None:
        if event.anchor:
            message = msg(
                'Anchor &{name}. Write the value out where it is needed, or put text that begins with "&" in quotes.',
                name=event.anchor,
            )
        else:
            message = msg('Tag {tag}. Remove it, or put text that begins with "!" in quotes.', tag=event.tag)
        self._refuse(event, message)

    def _refuse(self, event: Any, message: Message) -> None:
        mark = event.start_mark
        self.problems.append(Problem("", message, f"{self.file}:{mark.line + 1}:{mark.column + 1}"))
