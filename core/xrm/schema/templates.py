# SPDX-License-Identifier: Apache-2.0
"""Titles made of field values: ``"{first_name} {last_name}"``; nothing but names in braces, never code."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_SPACES = re.compile(r"\s+")
_EDGES = " \t-–—,;:/·"


class Template:
    """A text with places; empty places leave no stray separators at the ends."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: tuple[str, ...] = tuple(_PLACE.findall(text))

    def fill(self, texts: Mapping[str, str]) -> str:
        """The text with each place filled; a value is never read as a template."""
        filled = _PLACE.sub(lambda match: texts.get(match.group(1), ""), self.text)
        filled = _SPACES.sub(" ", filled).strip()
        if all(texts.get(name) for name in self.names):
            return filled
        return filled.strip(_EDGES).replace("()", "").strip()
