# SPDX-License-Identifier: Apache-2.0
"""Folded text: what sorting, searching and comparing without accents and case use, the same on both databases."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Letters that Unicode does not decompose, as readers of French and English look them up.
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"})

_FIRST_MARK = "\u0300"
_SHORT = 100


def fold(text: str) -> str:
    """The text without accents and case, white space as single blanks: the key to sort and compare by."""
    return _fold_again(text) if len(text) <= _SHORT else _fold(text)


def _fold(text: str) -> str:
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", text.casefold())
    if not plain.isascii():
        plain = "".join([char for char in plain if char < _FIRST_MARK or not unicodedata.combining(char)])
    plain = plain.casefold()
    return " ".join((plain if plain.isascii() else plain.translate(_LETTERS)).split())


# A name is folded for its column, for its title and for the search index, one after the other.
_fold_again = lru_cache(maxsize=4096)(_fold)

_WORDS = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """The folded words of a text, for the search index and for queries."""
    return folded_words(fold(text))


def folded_words(folded: str) -> list[str]:
    """The words of a text that is folded already."""
    # Names and codes, most of all texts, have nothing but words and the single blanks of folding.
    return folded.split(" ") if folded.replace(" ", "").isalnum() else _WORDS.findall(folded)
