# SPDX-License-Identifier: Apache-2.0
"""How the log is written: each event in one line, whatever somebody put into a name, a path or a message."""

from __future__ import annotations

import logging
import sys

# What ends a line or steers a terminal: C0 and C1 controls, the separators of lines, and marks that turn the direction of text.
_STEERING = [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_ESCAPED = {code: repr(chr(code))[1:-1] for code in _STEERING}


class OneLine(logging.Formatter):
    """Time, level, logger and text, with the traceback behind it; line ends and control characters are written as escapes."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record, without an end of line in it."""
        return super().format(record).translate(_ESCAPED)


def log_to_stderr() -> None:
    """Let warnings and errors of the log go to stderr; what is set up already stays."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
