# SPDX-License-Identifier: Apache-2.0
"""What is told of errors that are not ours: what database or file system say, and for the unforeseen a reference."""

from __future__ import annotations

import secrets
import sys
import traceback

from sqlalchemy.exc import DBAPIError

from xrm_cli.main import FAILED, TRY_LATER


def tell_of_the_world(error: Exception) -> int:
    """Say what the database or the file system refused, and return the exit code."""
    if isinstance(error, DBAPIError):
        return _tell_of_database(str(error.orig).strip().split("\n")[0])
    place, why = (error.filename, error.strerror) if isinstance(error, OSError) else ("", str(error))
    sys.stderr.write(f"Error: {f'{place}: ' if place else ''}{why or error}. Check the path and who may read and write it.\n")
    return FAILED


def _tell_of_database(why: str) -> int:
    if "locked" in why or "deadlock" in why:
        sys.stderr.write(f"Error: the database is busy ({why}). Try again in a moment.\n")
        return TRY_LATER
    sys.stderr.write(f"Error: the database says: {why}. Check XRM_DATABASE_URL; xrm doctor tells more.\n")
    return FAILED


def tell_unexpected(error: BaseException, *, with_traceback: bool) -> None:
    """Say that something nobody foresaw happened, with a reference; Python then leaves with exit code 1."""
    reference = secrets.token_hex(4)
    if with_traceback:
        traceback.print_exception(error, file=sys.stderr)
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {frames[-1].name}" if frames else ""
    remedy = "Report it with the traceback above." if with_traceback else "Run it again with --debug to see the traceback."
    sys.stderr.write(f"Error: something unexpected happened: {type(error).__name__}{where} (reference {reference}). {remedy}\n")
