# SPDX-License-Identifier: Apache-2.0
"""Codes: six digits of an app (TOTP, RFC 6238) and recovery codes; computing only, nothing is kept here."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from datetime import datetime

import pyotp

STEP = 30
AROUND = (0, -1, 1)  # steps that a clock may be off
HOW_MANY = 10
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"  # no two that look alike
_GROUPS = 4


def new_secret() -> str:
    """A secret for an app, as apps take it when it is typed."""
    return pyotp.random_base32()


def address_for_app(secret: str, email: str, where: str) -> str:
    """The ``otpauth:`` address that the picture for the app holds; ``where`` tells several instances apart."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=where)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step of time whose code this is, now or one step off; None when it is no such code."""
    digits = "".join(code.split())
    if len(digits) != 6 or not digits.isascii() or not digits.isdecimal():
        return None
    current = int(now.timestamp()) // STEP
    generator = pyotp.HOTP(secret)
    matching = [current + off for off in AROUND if hmac.compare_digest(generator.at(current + off), digits)]
    return matching[0] if matching else None


def new_recovery_codes() -> list[str]:
    """Ten codes, each with 79 bits of chance, in groups that are easily copied."""
    return ["-".join("".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(_GROUPS)) for _ in range(HOW_MANY)]


def hash_recovery_code(user_id: uuid.UUID, code: str) -> bytes:
    """What is kept of a code; spaces, hyphens and capital letters make no difference."""
    plain = "".join(sign for sign in code.casefold() if sign.isalnum())
    return hashlib.sha256(user_id.bytes + plain.encode()).digest()
