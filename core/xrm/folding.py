# SPDX-License-Identifier: Apache-2.0
"""Folded text: what sorting, searching and comparing without accents and case use, the same on both databases."""

from __future__ import annotations

import re
import unicodedata

# Letters that Unicode does not decompose, as readers of French and English look them up.
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"})
_SPACES = re.compile(r"\s+")


def fold(text: str) -> str:
    """The text without accents and case, white space as single blanks: the key to sort and compare by."""
    if text.isascii():
        return _SPACES.sub(" ", text.lower()).strip()
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return _SPACES.sub(" ", plain.casefold().translate(_LETTERS)).strip()


_WORDS = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """The folded words of a text, for the search index and for queries."""
    return _WORDS.findall(fold(text))
