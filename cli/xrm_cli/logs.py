# SPDX-License-Identifier: Apache-2.0
"""Where the log goes: warnings and errors to stderr, tracebacks included."""

from __future__ import annotations

import logging
import sys


def log_to_stderr() -> None:
    """Let warnings and errors of the log go to stderr, with times; what is set up already stays."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
