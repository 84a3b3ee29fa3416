# SPDX-License-Identifier: Apache-2.0
"""Asking a provider: over https, with an end to time and size, and never where a redirect leads."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode, urlsplit

from xrm.errors import XrmError

TIMEOUT = 5.0  # seconds for one step
DEADLINE = 10.0  # seconds for all of an answer
LARGEST = 512 * 1024
_PART = 16 * 1024


class ProviderFailed(XrmError):
    """A provider did not answer, or not what it should; what it says is for the log."""

    code = "provider_failed"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


def is_safe_address(url: str) -> bool:
    """Whether this can be asked: https, or http on this very machine; nothing but host, port and path before the query."""
    try:
        parts = urlsplit(url)
        is_local = is_loopback(parts.hostname or "")
    except ValueError:
        return False
    is_plain = bool(parts.hostname) and parts.username is None and not parts.fragment and url.isprintable() and " " not in url
    return is_plain and (parts.scheme == "https" or (parts.scheme == "http" and is_local))


def fetch_json(
    url: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The JSON object at an address; ``form`` is posted.

    Raises:
        ProviderFailed: for everything else.
    """
    if not is_safe_address(url):
        raise ProviderFailed(f"{url} is not asked: it is not https")
    body = urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(url, body, {"Accept": "application/json", **(headers or {})})  # noqa: S310  # checked above
    # A proxy of the environment knows nothing of this machine's own servers.
    proxies: dict[str, str] | None = {} if is_loopback(urlsplit(url).hostname or "") else None
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler(proxies))
    try:
        with opener.open(request, timeout=TIMEOUT) as answer:
            text = _read(answer, url)
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(300).decode("utf-8", "replace")
        raise ProviderFailed(f"{_named(url)} answered {error.code}: {said}") from error
    except (OSError, HTTPException) as error:
        raise ProviderFailed(f"{_named(url)} does not answer: {error}") from error
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ProviderFailed(f"{_named(url)} answered something else than JSON") from error
    if not isinstance(found, dict):
        raise ProviderFailed(f"{_named(url)} answered no JSON object")
    return found


def _read(answer: Any, url: str) -> bytes:
    deadline, parts, size = time.monotonic() + DEADLINE, [], 0
    while part := answer.read1(_PART):
        parts.append(part)
        size += len(part)
        if size > LARGEST or time.monotonic() > deadline:
            raise ProviderFailed(f"{_named(url)} answers too slowly or too much")
    return b"".join(parts)


def _named(url: str) -> str:
    return url.partition("?")[0]


def is_loopback(host: str) -> bool:
    """Whether this host is the machine itself."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
