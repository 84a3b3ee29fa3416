# SPDX-License-Identifier: Apache-2.0
"""Passwords: argon2id hashes, and what a password must be."""

from __future__ import annotations

import argon2
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from xrm.errors import InvalidInput, Problem, msg

SHORTEST = 8
LONGEST = 1024


def hash_password(password: str, hasher: argon2.PasswordHasher | None = None) -> str:
    """The hash to keep.

    Raises:
        InvalidInput: as ``check_password``.
    """
    check_password(password)
    return (hasher or argon2.PasswordHasher()).hash(password)


def check_password(password: str) -> None:
    """Stop when the password is too short or too long; nothing else is asked of it.

    Raises:
        InvalidInput: then.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        wanted = msg("A password has {least} to {most} characters.", least=SHORTEST, most=LONGEST)
        raise InvalidInput([Problem("password", wanted)])


def is_right(kept: str | None, password: str) -> bool:
    """Whether the password is the one kept; takes as long for users who do not exist or have none."""
    hasher = argon2.PasswordHasher()
    try:
        return hasher.verify(kept or _NOBODY, password[:LONGEST]) and kept is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


# The hash of a random text nobody knows, made with the same parameters as real ones.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$Gmg5i8yBm6i+TWcBKKofKw$AThCf0I35tCnkJQJG4gpCRMQJIzFyv7hEtOqKgQp4Gc"
