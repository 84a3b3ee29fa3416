# SPDX-License-Identifier: Apache-2.0
"""Folding takes short ways for plain texts; all give what the long way gives."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from xrm.folding import fold, words

LETTERS = {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}


def folded_at_length(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in plain if not unicodedata.combining(char)).casefold()
    return " ".join("".join(LETTERS.get(char, char) for char in bare).split())


@given(st.one_of(st.text(max_size=120), st.text("aÉœØßıﬁ\u210c \t\u0301\u0345-", max_size=40)))
@example("\u210c")
@example("Østergård")
def test_every_way_of_folding_gives_the_same(text: str) -> None:
    assert fold(text) == folded_at_length(text)


@given(st.one_of(st.text(max_size=120), st.text("aB1é _-'’.²", max_size=40)))
def test_words_are_the_runs_of_letters_and_digits(text: str) -> None:
    assert words(text) == re.findall(r"[^\W_]+", folded_at_length(text))
