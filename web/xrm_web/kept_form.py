# SPDX-License-Identifier: Apache-2.0
"""What was typed into a form that cannot be taken now (session over, old token): shown again, to be sent again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import request

_NEVER_SHOWN = re.compile(r"password|passphrase|secret|token", re.IGNORECASE)
_NOT_TYPED = re.compile(r"^_|__shown$|^(back|next|version|field|value|rail|code|role|department)$")
_ID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")


@dataclass(frozen=True)
class KeptForm:
    """A posted form: the address it goes to, what was typed (shown), what else belongs to it (hidden), and what is left out."""

    action: str
    typed: tuple[tuple[str, str], ...]
    hidden: tuple[tuple[str, str], ...]
    leaves_out: bool


def kept_form() -> KeptForm | None:
    """The form of this request without passwords and files; None when it does not come from a page of this site."""
    action = request.full_path.rstrip("?")
    if request.method != "POST" or not _is_own_page() or action.startswith("//") or "\\" in action:
        return None
    sent = list(request.form.items(multi=True))
    pairs = [(name, value) for name, value in sent if not _NEVER_SHOWN.search(name)]
    typed = tuple(pair for pair in pairs if _is_typed(*pair))
    left_out = any(value and name != "csrf_token" for name, value in sent if _NEVER_SHOWN.search(name))
    has_files = any(file.filename for file in request.files.values())
    return KeptForm(action, typed, tuple(pair for pair in pairs if pair not in typed), left_out or has_files)


def has_typed_text() -> bool:
    """Whether something would be lost if this request were only sent to the sign-in page."""
    kept = kept_form()
    return kept is not None and bool(kept.typed)


def _is_own_page() -> bool:
    # Another site must not get its own values into a form of ours that carries a good token.
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return urlsplit(request.headers.get("Origin", "")).netloc == request.host


def _is_typed(name: str, value: str) -> bool:
    is_ticked = value in ("true", "false", "on")
    return bool(value.strip()) and not is_ticked and not _NOT_TYPED.search(name) and not _ID.match(value)
