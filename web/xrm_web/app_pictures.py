# SPDX-License-Identifier: Apache-2.0
"""The picture that an app for codes reads: drawn on the server, so that the secret goes nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import segno
from markupsafe import Markup

from xrm.factors.codes import address_for_app
from xrm_web import sessions


@dataclass(frozen=True)
class AppPicture:
    """The picture as SVG, its address for the app of this very device, and the secret for who types it."""

    svg: Markup
    address: str
    secret: str


def picture_for_app(secret: str, email: str) -> AppPicture:
    """What an app needs to make codes for this user; the host tells several instances apart."""
    host = urlsplit(sessions.runtime().settings.base_url).hostname or "xrm"
    address = address_for_app(secret, email, f"xrm ({host})")
    drawn = segno.make(address, error="m").svg_inline(omitsize=True, dark="#000", light="#fff", border=3, svgclass="qr")
    # Drawn by us from an address without markup.
    return AppPicture(Markup(drawn), address, " ".join(re.findall(".{1,4}", secret)))  # noqa: S704  # see above
