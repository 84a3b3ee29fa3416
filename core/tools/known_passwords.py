# SPDX-License-Identifier: Apache-2.0
"""Make the list of passwords that come to mind first: ``python core/tools/known_passwords.py`` writes it anew, always the same.

The words are ours, written down for this purpose: what people who choose in a hurry choose, in English and in French. They are
joined with what is added in a hurry. What is looked up is folded before (``xrm.access.known_passwords.variants``), so capital
letters, digits for letters and tails such as ``2024!`` need no entries of their own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from xrm.access.known_passwords import OURS, digest

WORDS = Path(__file__).with_name("known_passwords.txt")
ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn", "qwertzuiop", "yxcvbnm")
COLUMNS = (
    "1qaz2wsx3edc4rfv5tgb6yhn", "1aqw2zsx3edc4rfv5tgb6yhn", "qazwsxedcrfvtgb", "aqwzsxedcrfvtgb", "1q2w3e4r5t6y7u8i",
    "a1z2e3r4t5y6",
)
HEADS = ("1", "12", "123", "1234", "my", "mon", "ma", "the", "le", "la")
TAILS = ("x", "xx", "abc", "you", "fr", "man", "girl", "boy")
JOINED = 14  # how long two words together may be to come to mind
SHORTEST = 4


def passwords() -> Iterator[str]:
    """All of them, some more than once."""
    words = WORDS.read_text(encoding="utf-8").split("\n\n")
    single = [word for group in words for word in group.split() if not word.startswith("#")]
    first = words[0].split()[1:]
    yield from single
    for word in single:
        yield from (word * 2, word[::-1], *(head + word for head in HEADS), *(word + tail for tail in TAILS))
    yield from (one + other for one, other in itertools.product(first, single) if len(one + other) <= JOINED)
    yield from walks()
    yield from numbers()


def walks() -> Iterator[str]:
    """Neighbouring keys, forwards and backwards, on English, French and German keyboards."""
    for row in (*ROWS, *COLUMNS, "".join(ROWS[:4]), "".join(ROWS[4:7]), "abcdefghijklmnopqrstuvwxyz"):
        for start, end in itertools.combinations(range(len(row) + 1), 2):
            part = row[start:end]
            if len(part) >= SHORTEST:
                yield from (part, part[::-1], part * 2, part + part[::-1], part + "123", "123" + part)


def numbers() -> Iterator[str]:
    """One key again and again, small patterns, and days written as eight digits."""
    for sign in "abcdefghijklmnopqrstuvwxyz0123456789.*-!":
        yield from (sign * length for length in range(8, 17))
    for size in (2, 3, 4):
        times = -(-8 // size)
        yield from ("".join(part) * times for part in itertools.product("0123456789", repeat=size))
    for year, month, day in itertools.product(range(1950, 2026), range(1, 13), range(1, 32)):
        yield f"{day:02}{month:02}{year}"


def main() -> None:
    """Write the list."""
    found = sorted({digest(text) for text in passwords() if len(text) >= SHORTEST})
    OURS.write_bytes(b"".join(found))
    print(f"{OURS.name}: {len(found)} entries, {OURS.stat().st_size} bytes")  # noqa: T201  # a tool for the terminal


if __name__ == "__main__":
    main()
