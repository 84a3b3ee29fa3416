# SPDX-License-Identifier: Apache-2.0
"""The hash chain over audit entries: what of an entry is hashed, and how each link holds the one before it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC
from typing import Any

START = bytes(32)  # what the first link holds in place of a link before it
_ENCODE = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"), default=str).encode


def digest_of(salt: bytes, changes: str) -> bytes:
    """The digest of an entry's values; the salt keeps anybody from guessing an erased value by its digest."""
    return hashlib.sha256(salt + changes.encode()).digest()


def header_of(entry: Any, number: int) -> bytes:
    """All of an entry but its values, as the same bytes on every database; ``entry`` has the columns as attributes."""
    moment = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    return _ENCODE([
        number, entry.id, moment, entry.actor_kind, entry.actor_id, entry.via, entry.action, entry.subject_type,
        entry.subject_id, entry.entity_id, entry.department_id,
    ]).encode()


def link(before: bytes, entry: Any, number: int) -> bytes:
    """The link of an entry: the hash of the link before it, of its header and of the digest of its values."""
    return hashlib.sha256(before + header_of(entry, number) + entry.digest).digest()
