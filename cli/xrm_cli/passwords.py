# SPDX-License-Identifier: Apache-2.0
"""Where passwords come from: a file, or a person who types one twice."""

from __future__ import annotations

from pathlib import Path

import click

from xrm.errors import InvalidInput, msg


def read_password(file: str) -> str:
    """The first line of a file.

    Raises:
        InvalidInput: when it is empty or no text.
    """
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InvalidInput(msg("{file} is no UTF-8 text. Write the password into its first line.", file=file)) from error
    if not lines or not lines[0]:
        raise InvalidInput(msg("{file} is empty. Write the password into its first line.", file=file))
    return lines[0]


def ask_password() -> str:
    """The password a person types, unseen, twice."""
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
