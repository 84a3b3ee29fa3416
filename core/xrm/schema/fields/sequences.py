# SPDX-License-Identifier: Apache-2.0
"""Several values in one text: how a cell or a form field with a list is taken apart and put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

_QUOTE = '"'


def split(raw: object, separators: str) -> list[object]:
    """The parts of a sequence or of one text; a part in double quotes may contain separators (``""`` is a quote)."""
    if raw is None:
        return []
    if not isinstance(raw, str):
        return list(raw) if isinstance(raw, Sequence | Set) and not isinstance(raw, bytes) and type(raw) in _PLAIN else [raw]
    parts: list[object] = []
    rest = raw
    while rest.strip():
        part, rest = _next(rest, separators)
        if part.strip():
            parts.append(part)
    return parts


# A value that is itself a tuple (a named one, say) is one value and not a sequence of them.
_PLAIN = frozenset({list, tuple, set, frozenset})


def _next(text: str, separators: str) -> tuple[str, str]:
    """The first part of the text, and the text behind its separator."""
    start = text.lstrip(" \t\r" + separators)
    if start.startswith(_QUOTE):
        end = 1
        while (end := start.find(_QUOTE, end)) >= 0 and start[end + 1 : end + 2] == _QUOTE:
            end += 2
        behind = start[end + 1 :].lstrip(" \t\r")
        if end >= 0 and (not behind or behind[0] in separators):
            return start[1:end].replace(_QUOTE * 2, _QUOTE), behind[1:]
    cuts = [cut for separator in separators if (cut := start.find(separator)) >= 0]
    return (start[: min(cuts)], start[min(cuts) + 1 :]) if cuts else (start, "")


def join(parts: Iterable[str], separators: str) -> str:
    """One text that ``split`` takes apart into the same parts."""
    return f"{separators[0]} ".join(_quoted(part, separators) for part in parts)


def _quoted(part: str, separators: str) -> str:
    if part.startswith(_QUOTE) or any(separator in part for separator in separators):
        return _QUOTE + part.replace(_QUOTE, _QUOTE * 2) + _QUOTE
    return part
