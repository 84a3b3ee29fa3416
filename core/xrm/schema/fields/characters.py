# SPDX-License-Identifier: Apache-2.0
"""Which characters a text may have: what no database, file or screen can carry is refused, never dropped."""

from __future__ import annotations

import re

from xrm.errors import msg
from xrm.schema.fields.parsing import InvalidValue

# C0, DEL and C1: invisible, and the trace of a wrong decoding. U+2028/9 break lines in a one-line text.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ONE_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LINE_BREAK = re.compile(r"\r\n?")


def text_of(raw: object, *, lines: bool = False) -> str:
    """The text meant by ``raw`` without blanks around it; line breaks are line feeds, and only where ``lines`` allows them.

    Whole numbers are taken as their digits: a spreadsheet gives them for a column of codes.
    """
    if isinstance(raw, str):
        text = raw.strip()
        if text.isprintable():  # then it has no line break, no control character and no half of one
            return text
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < 2**53:
        raw = int(raw)
    if isinstance(raw, int) and not isinstance(raw, bool) and raw.bit_length() <= 256:
        raw = str(raw)
    if not isinstance(raw, str):
        raise InvalidValue(msg("This is not text. Give a text."))
    text = raw.strip()
    if lines:
        text = _LINE_BREAK.sub("\n", text)
    require_plain(text, lines=lines)
    return text


def require_plain(text: str, *, lines: bool = False) -> None:
    """Raise InvalidValue for control characters and for halves of characters."""
    if _SURROGATE.search(text):
        raise InvalidValue(
            msg("The text has half a character (a lone surrogate). Check the encoding of the source, or type it again.")
        )
    found = (_CONTROL if lines else _ONE_LINE).search(text)
    if found is None:
        return
    code = f"U+{ord(found[0]):04X}"
    if found[0] in "\n\r\u2028\u2029":
        raise InvalidValue(msg("The text has a line break. Write it on one line."))
    raise InvalidValue(
        msg(
            "The text has an invisible control character ({code}) at position {place}. Remove it.",
            code=code,
            place=found.start() + 1,
        )
    )


def is_storable(text: str) -> bool:
    """Whether both databases can keep the text: it has no NUL and no half of a character."""
    return "\x00" not in text and not _SURROGATE.search(text)


def require_length(text: str, most: int) -> None:
    """Raise InvalidValue when the text is longer."""
    if len(text) > most:
        raise InvalidValue(msg("The text has {count} characters. Shorten it to {most}.", count=len(text), most=most))
