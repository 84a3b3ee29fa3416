# SPDX-License-Identifier: Apache-2.0
"""What a person typed into a search box, as words; no sign they type has a meaning of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from xrm.errors import InvalidInput, msg
from xrm.folding import fold
from xrm.search.lines import LONGEST_WORD, word_list

LONGEST_QUERY = 200
MOST_WORDS = 10
_TRUNK_ZERO = re.compile(r"\(0\)")


@dataclass(frozen=True)
class Query:
    """The words looked for, each as a beginning; ``joined`` is a code or number written with gaps, in one word.

    ``line`` is the whole as the index has a value that is exactly what was typed.
    """

    text: str = ""
    line: str = ""
    words: tuple[str, ...] = ()
    joined: str = ""

    @property
    def indexed_words(self) -> tuple[str, ...]:
        """The words to ask the index for: a single letter, typed on the way to more, would match too much."""
        return tuple(word for word in self.words if len(word) > 1 or not word.isascii())

    @property
    def alternatives(self) -> tuple[tuple[str, ...], ...]:
        """What the index is asked for; empty when there is nothing worth asking."""
        found = [self.indexed_words, (self.joined,) if self.joined else ()]
        return tuple(one for one in found if one)

    def is_in(self, text: str) -> bool:
        """Whether all words, or the joined one, begin words of a text of the index."""
        spaced = " " + text.replace("\n", " ")
        return all(f" {word}" in spaced for word in self.words) or bool(self.joined and f" {self.joined}" in spaced)


def read_query(text: str) -> Query:
    """The query meant by a text; of long ones the first 200 characters and ten words.

    Raises:
        InvalidInput: when the text has a NUL character.
    """
    if "\x00" in text:
        raise InvalidInput(msg("The search text has a character that no text has. Type it again."))
    plain = text[:LONGEST_QUERY]
    typed = word_list(plain)
    found = tuple(dict.fromkeys(typed[:MOST_WORDS]))
    every = "".join(word_list(_TRUNK_ZERO.sub("", plain)))[:LONGEST_WORD]
    joined = every if any(char.isdigit() for char in every) else ""
    if joined.startswith("00") and plain.lstrip().startswith("00"):
        joined = joined[2:]
    is_code = len(joined) > 2 and (len(found) > 1 or joined != "".join(found))
    return Query(fold(plain), " ".join(typed), found, joined if is_code else "")
