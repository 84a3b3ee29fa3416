# SPDX-License-Identifier: Apache-2.0
"""Passwords that are tried first: the list that comes with the product, and a larger one that the operator may name.

Both are sorted files that are searched where they lie. Ours (made by ``core/tools/known_passwords.py``) holds the first five
bytes of SHA-256 of each password; the operator's is a text of SHA-1 in hexadecimal, one a line, perhaps with ``:count``.
"""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path
from typing import BinaryIO

from xrm.errors import ConfigurationError, msg
from xrm.settings import Settings

OURS = Path(__file__).with_name("known_passwords.bin")
WIDTH = 5
_HEXADECIMAL = 40
_LONGEST_LINE = 128
# What people write for a letter, and believe it helps.
_LETTERS = str.maketrans({"@": "a", "4": "a", "3": "e", "1": "i", "!": "i", "0": "o", "$": "s", "5": "s", "7": "t"})
_TAIL = "0123456789!?.,*#$%&+-_@ "


def is_known(password: str, settings: Settings) -> bool:
    """Whether the password, or what it was plainly made from, is in one of the lists.

    Raises:
        ConfigurationError: when the setting ``password_list`` names a file that cannot be read.
    """
    with OURS.open("rb") as stream:
        if any(_is_among(stream, digest(text)) for text in variants(password)):
            return True
    return bool(settings.password_list) and _is_in_list(password, settings)


def variants(password: str) -> set[str]:
    """The password as it is looked up: small letters, letters for signs that stand for them, without what was appended."""
    folded = unicodedata.normalize("NFKC", password).casefold()
    bare = folded.rstrip(_TAIL)
    found = {folded, folded.translate(_LETTERS)}
    if bare and len(folded) - len(bare) <= len(bare):
        found |= {bare, bare.translate(_LETTERS)}
    return found


def digest(text: str) -> bytes:
    """What our list holds of a password."""
    return hashlib.sha256(text.encode()).digest()[:WIDTH]


def _is_among(stream: BinaryIO, wanted: bytes) -> bool:
    low, high = 0, stream.seek(0, 2) // WIDTH
    while low < high:
        middle = (low + high) // 2
        stream.seek(middle * WIDTH)
        found = stream.read(WIDTH)
        if found == wanted:
            return True
        low, high = (middle + 1, high) if found < wanted else (low, middle)
    return False


def _is_in_list(password: str, settings: Settings) -> bool:
    # The format of the list, not a way to keep passwords.
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    file = settings.home / Path(settings.password_list).expanduser()
    try:
        with file.open("rb") as stream:
            return _find_line(stream, wanted)
    except OSError as error:
        raise ConfigurationError(
            msg("The list of passwords {file} cannot be read: {why}. Mend or remove the setting password_list.", file=file,
                why=error.strerror or error)
        ) from error


def _find_line(stream: BinaryIO, wanted: bytes) -> bool:
    low, high = 0, stream.seek(0, 2)
    while low < high:
        middle = (low + high) // 2
        start, found = _line_at(stream, middle)
        if found == wanted:
            return True
        if found and found < wanted:
            low = middle + 1
        else:
            high = min(middle, start)
    return False


def _line_at(stream: BinaryIO, place: int) -> tuple[int, bytes]:
    """Where the line that holds this place begins, and its hash."""
    begin = max(0, place - _LONGEST_LINE)
    stream.seek(begin)
    before = stream.read(place - begin)
    start = begin + before.rfind(b"\n") + 1 if b"\n" in before else begin
    stream.seek(start)
    return start, stream.readline(_LONGEST_LINE).strip()[:_HEXADECIMAL].upper()
