# SPDX-License-Identifier: Apache-2.0
"""Addresses of our own files: with the hash of their content, so browsers may keep them for ever."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

from flask import Flask, Response, request, url_for
from markupsafe import Markup

STATIC = Path(__file__).parent / "static"
ONE_YEAR = 365 * 24 * 3600


@cache
def content_hash(name: str) -> str:
    """Ten characters that change with the file."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]


@cache
def icon_names() -> frozenset[str]:
    """The icons of the sprite."""
    return frozenset(re.findall(r'<symbol id="([a-z0-9-]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))


def asset(name: str) -> str:
    """The address of a file of ``static/``, with its hash."""
    return url_for("static", filename=name, v=content_hash(name))


def icon(name: str, extra: str = "") -> Markup:
    """An icon as SVG, hidden from screen readers; unknown names give a neutral shape."""
    shown = name if name in icon_names() else "shapes"
    return Markup('<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>').format(
        extra, asset("icons.svg"), shown
    )


def keep_hashed(response: Response) -> Response:
    """Let browsers keep a file whose address has the right hash; anything else is asked for again."""
    if request.endpoint == "static" and response.status_code in (200, 304):
        name = (request.view_args or {}).get("filename", "")
        if request.args.get("v") == content_hash(name):
            response.headers["Cache-Control"] = f"public, max-age={ONE_YEAR}, immutable"
        else:
            response.headers["Cache-Control"] = "no-cache"
    return response


def init_assets(app: Flask) -> None:
    """Give templates ``asset(name)`` and ``icon(name)``."""
    app.jinja_env.globals.update(asset=asset, icon=icon)
    app.after_request(keep_hashed)
