# SPDX-License-Identifier: Apache-2.0
"""The words under which a value is found, one line per way of writing it."""

from __future__ import annotations

import re
from functools import cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from xrm.folding import words
from xrm.search.sources import Piece

LONGEST_WORD = 64
LONGEST_TEXT = 20_000
_LONGEST_CODE = 40
_APOSTROPHES = re.compile(r"['’]")
_DIGITS = re.compile(r"[^0-9]")


def word_list(text: str) -> list[str]:
    """The folded words of a text, none longer than the index keeps."""
    return [word[:LONGEST_WORD] for word in words(text)]


def lines_of(piece: Piece) -> list[str]:
    """The ways of writing a value: its words; a code also in one word; a telephone number with each prefix."""
    text = piece.text[:LONGEST_TEXT]
    if piece.is_phone:
        return phone_lines(text)
    found = word_list(text)
    if not found:
        return []
    line = " ".join(found)
    if len(found) == 1 or len(line) > _LONGEST_CODE * 2:
        return [line]
    lines = [line]
    if len(line) <= _LONGEST_CODE and (any(char.isdigit() for char in line) or all(len(word) == 1 for word in found)):
        lines.append("".join(found)[:LONGEST_WORD])
    if _APOSTROPHES.search(text):
        lines.append(" ".join(word_list(_APOSTROPHES.sub("", text))))
    return lines


def phone_lines(number: str) -> list[str]:
    """The digits of a number: international, as dialled within its country, and without any prefix."""
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
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(country_code or 0))
    if not regions:
        return None
    plan = PhoneMetadata.metadata_for_region(regions[0], None)
    return (plan.national_prefix or "") if plan else ""
