# SPDX-License-Identifier: Apache-2.0
"""A toast with a way back: the sentence and the address that undoes, carried over the redirect."""

from __future__ import annotations

from flask import flash


def flash_undo(text: str, href: str) -> None:
    """Say what was done, with a button that posts to ``href`` to undo it."""
    flash(text, f"undo:{href}")
