# SPDX-License-Identifier: Apache-2.0
"""What a command gives on stdout (JSON or an aligned table) and what it says on stderr."""

from __future__ import annotations

import json
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

SHORTEST_COLUMN = 12


def say(text: str) -> None:
    """Tell the person something; never data."""
    click.echo(text, err=True)


def print_json(value: Any) -> None:
    """Give a value as JSON: one line for programs, indented on a terminal."""
    is_unicode = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().startswith("utf")
    click.echo(json.dumps(value, ensure_ascii=not is_unicode, indent=2 if sys.stdout.isatty() else None, default=str))


def print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Give rows as aligned columns under their names; without any, stdout stays empty and stderr says so."""
    if not rows:
        say("Nothing was found.")
        return
    cells = [[printable(row.get(column)) for column in columns] for row in rows]
    widths = [max([_width(column), *(_width(line[place]) for line in cells)]) for place, column in enumerate(columns)]
    if sys.stdout.isatty():
        widths = _fitting(widths, shutil.get_terminal_size().columns - 2 * (len(widths) - 1))
    for line in [[column.upper() for column in columns], *cells]:
        parts = [_padded(cell, width) for cell, width in zip(line, widths, strict=True)]
        click.echo("  ".join(parts).rstrip())


def print_pairs(pairs: Iterable[tuple[str, Any]]) -> None:
    """Give names and values below each other; pairs without a value are left out."""
    shown = [(name, printable(value)) for name, value in pairs if value not in (None, "", (), [], {})]
    widest = max([len(name) for name, _ in shown], default=0)
    for name, value in shown:
        click.echo(f"{name:<{widest}}  {value}")


def printable(value: Any) -> str:
    """A value as one line of text that cannot steer a terminal."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple, set)):
        return ", ".join(printable(one) for one in value)
    text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return "".join(sign if sign.isprintable() else " " if sign.isspace() else "\ufffd" for sign in text)


def _width(text: str) -> int:
    return sum(0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _fitting(widths: list[int], room: int) -> list[int]:
    widths = list(widths)
    while sum(widths) > room and max(widths) > SHORTEST_COLUMN:
        widths[widths.index(max(widths))] -= 1
    return widths


def _padded(text: str, width: int) -> str:
    if _width(text) > width:
        while _width(text) > width - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (width - _width(text))
