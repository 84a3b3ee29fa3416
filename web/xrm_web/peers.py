# SPDX-License-Identifier: Apache-2.0
"""Where a request comes from, and which browsers signed in before.

``X-Forwarded-For`` is believed only from proxies that the setting ``trusted_proxies`` names: anybody can write it.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets

from flask import Flask, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

from xrm.errors import ConfigurationError, msg
from xrm.settings import Settings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
ONE_YEAR = 365 * 24 * 3600
MOST_LOGINS = 8  # of one browser that several people use


def init_peers(app: Flask, settings: Settings) -> None:
    """Read the networks of proxies, and the keys that sign what browsers keep.

    Raises:
        ConfigurationError: for a proxy that is neither an address nor a network.
    """
    app.extensions["xrm_proxies"] = tuple(_network(text) for text in settings.trusted_proxies)
    keys = [*settings.former_secret_keys, settings.secret_key]  # the last one signs
    app.extensions["xrm_devices"] = URLSafeSerializer(keys, salt="browsers that signed in before")


def client_address() -> str:
    """The address of who asks: the peer, or behind trusted proxies what the last of them that is not trusted was told."""
    found = request.remote_addr or ""
    for told in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
        if not _is_trusted(found) or not told.strip():
            break
        found = told.strip()
    return found[:100]


def _is_trusted(address: str) -> bool:
    proxies: tuple[Network, ...] = current_app.extensions["xrm_proxies"]
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in proxies)


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise ConfigurationError(
            msg("trusted_proxies: {text} is neither an address nor a network. Write it like 10.0.0.1 or 10.0.0.0/8.", text=text)
        ) from error


def device_cookie() -> str:
    """The name of the cookie by which a browser proves that it signed in before."""
    return "__Host-xrm_device" if current_app.config["SESSION_COOKIE_SECURE"] else "xrm_device"


def device_of(login: str) -> str:
    """What tells this browser apart among those that signed in with this login before; empty for a browser that did not."""
    return _devices().get(_name(login), "")


def with_device(login: str) -> str:
    """The cookie for a browser that just signed in with this login; others who use it keep theirs."""
    known = {name: mark for name, mark in _devices().items() if name != _name(login)}
    last = dict(list(known.items())[1 - MOST_LOGINS :]) if len(known) >= MOST_LOGINS else known
    signed: str | bytes = _serializer().dumps({**last, _name(login): secrets.token_urlsafe(12)})
    return signed if isinstance(signed, str) else signed.decode()


def _devices() -> dict[str, str]:
    try:
        found = _serializer().loads(request.cookies.get(device_cookie(), ""))
    except BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def _serializer() -> URLSafeSerializer:
    found: URLSafeSerializer = current_app.extensions["xrm_devices"]
    return found


def _name(login: str) -> str:
    # The cookie says nothing about who uses the browser.
    return hashlib.sha256(login.strip().casefold().encode()).hexdigest()[:16]
