# SPDX-License-Identifier: Apache-2.0
"""Passwords: argon2id hashes, and what a password must be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import argon2
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from xrm.access.known_passwords import is_known
from xrm.errors import InvalidInput, Message, Problem, msg
from xrm.settings import Settings

SHORTEST = 8
LONGEST = 1024
OWN_WORDS = ("xrm",)
MOST_ADDED = 4  # characters around a name that do not make it a password
SHORTEST_NAME = 4


def shortest(settings: Settings) -> int:
    """How many characters a password has at least."""
    return max(SHORTEST, settings.password_length)


def hash_password(password: str, settings: Settings, about: Iterable[str] = ()) -> str:
    """The hash to keep.

    Raises:
        InvalidInput: as ``check_password``.
    """
    check_password(password, settings, about)
    return argon2.PasswordHasher().hash(password)


def check_password(password: str, settings: Settings, about: Iterable[str] = ()) -> None:
    """Stop when the password is too short or too long, is known to those who guess, or is what it is ``about`` (e-mail, name).

    Raises:
        InvalidInput: saying which, and what to do.
        ConfigurationError: when the setting ``password_list`` names a file that cannot be read.
    """
    problem = _problem(password, settings, about)
    if problem is not None:
        raise InvalidInput([Problem("password", problem)])


def _problem(password: str, settings: Settings, about: Iterable[str]) -> Message | None:
    least = shortest(settings)
    if not least <= len(password) <= LONGEST:
        return msg("A password has {least} to {most} characters.", least=least, most=LONGEST)
    if _is_about(password, [*about, *OWN_WORDS]):
        return msg("This password is little more than a name or address that others know. Take three or four words at random.")
    if is_known(password, settings):
        return msg("This password is among those that are tried first. Take three or four words at random.")
    return None


def _is_about(password: str, about: Iterable[str]) -> bool:
    plain = _plain(password)
    words = {_plain(part) for text in about for part in (text, *re.split(r"[\s@]+", text), *re.split(r"[\s@.]+", text))}
    telling = {word for word in words if len(word) >= SHORTEST_NAME or word in OWN_WORDS}
    rest = plain
    for word in sorted(telling, key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest != plain and len(rest) <= MOST_ADDED


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(sign for sign in folded if sign.isalnum())


def is_right(kept: str | None, password: str) -> bool:
    """Whether the password is the one kept; takes as long for users who do not exist or have none."""
    hasher = argon2.PasswordHasher()
    try:
        return hasher.verify(kept or _NOBODY, password[:LONGEST]) and kept is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def renewed(kept: str, password: str) -> str | None:
    """Another hash of the right password when the one kept was made with other parameters than we use now."""
    hasher = argon2.PasswordHasher()
    return hasher.hash(password) if hasher.check_needs_rehash(kept) else None


# The hash of a random text nobody knows, made with the same parameters as real ones.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$Gmg5i8yBm6i+TWcBKKofKw$AThCf0I35tCnkJQJG4gpCRMQJIzFyv7hEtOqKgQp4Gc"
