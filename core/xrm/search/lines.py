# SPDX-License-Identifier: Apache-2.0
"""The words under which a value is found, one line per way of writing it."""

from __future__ import annotations

import re
from functools import cache

from xrm.folding import fold, folded_words, words
from xrm.search.sources import Piece

LONGEST_WORD = 64
LONGEST_TEXT = 20_000
_LONGEST_CODE = 40
_APOSTROPHES = str.maketrans("", "", "'’")
_DIGITS = re.compile(r"[^0-9]")


def word_list(text: str) -> list[str]:
    """The folded words of a text, none longer than the index keeps."""
    return [word[:LONGEST_WORD] for word in words(text)]


def lines_of(piece: Piece) -> list[str]:
    """The ways of writing a value: those of its text, or of its telephone number."""
    return phone_lines(piece.text) if piece.is_phone else text_lines(piece.text)


def text_lines(text: str) -> list[str]:
    """The ways of writing a text: its words; a code also in one word; without its apostrophes."""
    text = text[:LONGEST_TEXT]
    folded = fold(text)
    if folded.isalnum() and len(folded) <= LONGEST_WORD:
        return [folded]
    found = folded_words(folded)
    line = " ".join(found)
    if len(line) > LONGEST_WORD:
        found = [word[:LONGEST_WORD] for word in found]
        line = " ".join(found)
    if len(found) <= 1 or len(line) > _LONGEST_CODE * 2:
        return [line] if found else []
    lines = [line]
    if len(line) <= _LONGEST_CODE:
        joined = "".join(found)
        if len(joined) == len(found) or _has_digit(joined):
            lines.append(joined)
    if "'" in text or "’" in text:
        lines.append(" ".join(word_list(text.translate(_APOSTROPHES))))
    return lines


def _has_digit(word: str) -> bool:
    # In ASCII, what is no letter of a word is a digit, and few words need to be looked through.
    return not word.isalpha() and (word.isascii() or any(map(str.isdigit, word)))


def phone_lines(number: str) -> list[str]:
    """The digits of a number: international, as dialled within its country, and without any prefix."""
    number = number[:LONGEST_TEXT]
    digits = _DIGITS.sub("", number.partition(";")[0])[:LONGEST_WORD]
    if not number.startswith("+"):
        return [digits] if digits else []
    for length in (1, 2, 3):
        prefix = _national_prefix(digits[:length])
        if prefix is not None:
            rest = digits[length:]
            return list(dict.fromkeys((digits, prefix + rest, rest)))
    return [digits]


@cache
def _national_prefix(country_code: str) -> str | None:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata  # noqa: PLC0415  # its tables slow the start

    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(country_code or 0))
    if not regions:
        return None
    plan = PhoneMetadata.metadata_for_region(regions[0], None)
    return (plan.national_prefix or "") if plan else ""
