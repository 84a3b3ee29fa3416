# SPDX-License-Identifier: Apache-2.0
"""What a provider says of itself: its addresses and its keys, kept for an hour, keys asked for again when one is unknown."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from xrm.single_sign_on.fetching import ProviderFailed, fetch_json, is_safe_address

KEPT = 3600.0
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass
class Discovered:
    """One provider's metadata and keys, and when they were asked for."""

    metadata: dict[str, Any]
    at: float
    keys: list[dict[str, Any]] = field(default_factory=list)
    keys_at: float = 0.0


_kept: dict[str, Discovered] = {}
_lock = threading.Lock()


def discover(issuer: str) -> dict[str, Any]:
    """The metadata of this issuer.

    Raises:
        ProviderFailed: when it cannot be had, or is another issuer's.
    """
    with _lock:
        known = _kept.get(issuer)
    if known is not None and time.monotonic() - known.at < KEPT:
        return known.metadata
    metadata = fetch_json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if metadata.get("issuer") != issuer:
        raise ProviderFailed(f"{issuer} says that it is {metadata.get('issuer')!r}")
    for name in NEEDED:
        if not isinstance(metadata.get(name), str) or not is_safe_address(metadata[name]):
            raise ProviderFailed(f"{issuer} names no {name} that can be used")
    with _lock:
        _kept[issuer] = Discovered(metadata, time.monotonic())
    return metadata


def keys_of(issuer: str, key_id: str | None) -> list[dict[str, Any]]:
    """The provider's keys that a signature by ``key_id`` may be checked with; asked for anew when it is unknown.

    Raises:
        ProviderFailed: when they cannot be had.
    """
    discover(issuer)
    with _lock:
        known = _kept[issuer]
    found = _matching(known.keys, key_id)
    if not found or time.monotonic() - known.keys_at > KEPT:
        answer = fetch_json(known.metadata["jwks_uri"]).get("keys")
        keys = [one for one in answer if isinstance(one, dict)] if isinstance(answer, list) else []
        with _lock:
            known.keys, known.keys_at = keys, time.monotonic()
        found = _matching(keys, key_id)
    return found


def forget(issuer: str) -> None:
    """Ask this issuer anew the next time."""
    with _lock:
        _kept.pop(issuer, None)


def _matching(keys: list[dict[str, Any]], key_id: str | None) -> list[dict[str, Any]]:
    usable = [one for one in keys if one.get("use", "sig") == "sig"]
    return usable if key_id is None else [one for one in usable if one.get("kid") == key_id]
