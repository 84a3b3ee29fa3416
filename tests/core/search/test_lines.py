# SPDX-License-Identifier: Apache-2.0
"""The ways of writing a text, found quickly for short plain texts, are those that the rules give for any text."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xrm.folding import fold
from xrm.search.lines import text_lines

TEXTS = st.one_of(
    st.text(max_size=90),
    st.text("aB1é œ-'’_. ²½ⅧﬁßΩ٣𐩀〇", max_size=60),
    st.lists(st.text("ab1", max_size=70), max_size=4).map(" ".join),
)


def plain_words(text: str) -> list[str]:
    return [word[:64] for word in re.findall(r"[^\W_]+", fold(text))]


def expected(text: str) -> list[str]:
    found = plain_words(text)
    lines = [" ".join(found)] if found else []
    if len(found) < 2 or len(lines[0]) > 80:
        return lines
    is_code = any(char.isdigit() for word in found for char in word) or all(len(word) == 1 for word in found)
    if len(lines[0]) <= 40 and is_code:
        lines.append("".join(found))
    if re.search("['’]", text):
        lines.append(" ".join(plain_words(re.sub("['’]", "", text))))
    return lines


@given(TEXTS)
@example("𐩀 a")
@example("\u3007 一")
@example("a" * 64 + " b")
@example("l'a 1")
def test_lines_of_any_text_follow_the_rules(text: str) -> None:
    assert text_lines(text) == expected(text)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Acme", ["acme"]),
        ("FR-44 732", ["fr 44 732", "fr44732"]),
        ("A.B.C.", ["a b c", "abc"]),
        ("L’Été", ["l ete", "lete"]),
        ("x" * 70, ["x" * 64]),
        ("…", []),
    ],
)
def test_text_is_written_by_words_as_a_code_and_without_apostrophes(text: str, lines: list[str]) -> None:
    assert text_lines(text) == lines
