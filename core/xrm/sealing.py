# SPDX-License-Identifier: Apache-2.0
"""Secrets at rest: sealed with a key made from the instance's ``secret_key``; a copy of the database does not tell them."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from xrm.errors import ConfigurationError, msg
from xrm.settings import MINIMUM_SECRET, Settings

_VERSION = b"\x01"
_KEY_ID = 4
_NONCE = 12
_FEWEST_CHARACTERS = 10  # different ones; what a generator makes has more
# Keys of examples and defaults of well-known programs, in lower case and without what is neither letter nor digit.
_PUBLIC_KEYS = (
    "changeme", "thisisasecret", "yoursecret", "yourownrandomgeneratedsecretkey", "mysecretkey", "myscretkey", "testnondevsecret",
    "secretkeyhere", "replaceme", "djangoinsecure", "supersecret", "notasecret", "keepitsecret", "temporarykey", "exampleofakey",
    "atleast32characters", "5f352379324c22463451387a0aec5d2f", "abcdefghijklmnopqrstuvwxyz", "012345678901234567890",
)


def is_weak(secret: str) -> bool:
    """Whether a secret key is one that others know or can guess: missing, short, of few characters, or out of an example."""
    plain = "".join(sign for sign in secret.lower() if sign.isalnum())
    return len(secret) < MINIMUM_SECRET or len(set(secret)) < _FEWEST_CHARACTERS or any(one in plain for one in _PUBLIC_KEYS)


def seal(settings: Settings, purpose: str, clear: bytes) -> bytes:
    """The bytes sealed for one purpose; they open for the same purpose only, so a row's secret is worth nothing in another row.

    Raises:
        ConfigurationError: when the instance has no secret key.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  # slow to import, seldom needed

    secret = _usable(settings.secret_key)
    nonce = secrets.token_bytes(_NONCE)
    return _VERSION + _key_id(secret) + nonce + AESGCM(_key(secret, purpose)).encrypt(nonce, clear, _VERSION)


def unseal(settings: Settings, purpose: str, sealed: bytes) -> bytes:
    """What was sealed for this purpose, with the secret key of now or with a former one.

    Raises:
        ConfigurationError: when it was sealed with a key that this instance does not have, or was changed since.
    """
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415  # as above
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  # as above

    start = 1 + _KEY_ID
    secret = _secret_of(settings, sealed[1:start])
    if sealed[:1] != _VERSION or secret is None:
        raise ConfigurationError(
            msg("A secret in the database was sealed with another secret key. Put the key of then into former_secret_keys.")
        )
    try:
        return AESGCM(_key(secret, purpose)).decrypt(sealed[start : start + _NONCE], sealed[start + _NONCE :], _VERSION)
    except InvalidTag as error:
        raise ConfigurationError(
            msg("A secret in the database was changed by hand, or belongs to another row. Enter it anew.")
        ) from error


def is_sealed_anew(settings: Settings, sealed: bytes) -> bool:
    """Whether the secret key of now sealed it; what a former one sealed should be sealed again while the former is known."""
    return sealed[1 : 1 + _KEY_ID] == _key_id(_usable(settings.secret_key))


def _usable(secret: str) -> bytes:
    if len(secret) < MINIMUM_SECRET:
        raise ConfigurationError(
            msg("The secret key is missing or shorter than {length} characters. Run xrm init, or set XRM_SECRET_KEY.",
                length=MINIMUM_SECRET)
        )
    return secret.encode()


def _secret_of(settings: Settings, key_id: bytes) -> bytes | None:
    known = (_usable(settings.secret_key), *(one.encode() for one in settings.former_secret_keys))
    return next((secret for secret in known if hmac.compare_digest(_key_id(secret), key_id)), None)


def _key_id(secret: bytes) -> bytes:
    return hmac.digest(secret, b"xrm: name of the key", hashlib.sha256)[:_KEY_ID]


def _key(secret: bytes, purpose: str) -> bytes:
    # The secret is long and random: one HMAC is all that a key of its own for each purpose takes.
    return hmac.digest(secret, b"xrm: seal\0" + purpose.encode(), hashlib.sha256)
