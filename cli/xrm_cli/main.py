# SPDX-License-Identifier: Apache-2.0
"""The entry: guards against an old Python, runs a command, and turns every error into one message and one exit code.

Nothing is imported here but the standard library, so that an old Python gets as far as reading why it cannot go on.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xrm.runtime import Runtime

OLDEST_PYTHON = (3, 11)
DONE, FAILED, USAGE, REFUSED, NOT_FOUND, NOT_ALLOWED, TRY_LATER, INTERRUPTED = 0, 1, 2, 3, 4, 5, 75, 130
# Kind of error → exit code; a kind that is not here has the code of the nearest one above it.
EXIT_CODES = {
    "NotFound": NOT_FOUND,
    "PermissionDenied": NOT_ALLOWED,
    "XrmError": FAILED,
}
EXIT_CODES_BY_CODE = {"busy": TRY_LATER, "throttled": TRY_LATER, "refused": REFUSED}


def main() -> None:
    """Run the command in ``sys.argv`` and leave with its exit code."""
    if sys.version_info[:2] < OLDEST_PYTHON:
        wanted, found = ".".join(map(str, OLDEST_PYTHON)), ".".join(map(str, sys.version_info[:3]))
        sys.stderr.write("xrm needs Python %s or newer, this is %s. Install a newer one and xrm with it.\n" % (wanted, found))  # noqa: UP031
        sys.exit(FAILED)
    sys.excepthook = _tell_unexpected
    # What a start makes stays to the end: looking through it for garbage costs a fifth of the start and finds none.
    # A session that has opened the program turns the collector on again.
    gc.disable()
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _close_stdout()
    sys.exit(code)


def run(arguments: list[str], runtime: Runtime | None = None) -> int:
    """The exit code of one command; what it gives goes to stdout, what it has to say to stderr.

    A ``runtime`` that is open already is used and stays open.
    """
    import click  # noqa: PLC0415

    from xrm.errors import XrmError  # noqa: PLC0415
    from xrm_cli.declaring import Options  # noqa: PLC0415
    from xrm_cli.program import program  # noqa: PLC0415

    try:
        code = program.main(arguments, prog_name="xrm", standalone_mode=False, obj=Options(runtime=runtime))
    except click.Abort:
        sys.stderr.write("Interrupted.\n")
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except XrmError as error:
        return _tell(error)
    except BrokenPipeError:
        # Whoever read the output has read enough.
        _close_stdout()
        return DONE
    except _errors_of_the_world() as error:
        from xrm_cli.unexpected import tell_of_the_world  # noqa: PLC0415

        return tell_of_the_world(error)
    return code if isinstance(code, int) else DONE


def _tell(error: Exception) -> int:
    sys.stderr.write("Error: %s\n" % error)  # noqa: UP031
    by_code = EXIT_CODES_BY_CODE.get(getattr(error, "code", ""))
    return by_code or next(EXIT_CODES[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in EXIT_CODES)


def _errors_of_the_world() -> tuple[type[Exception], ...]:
    # Evaluated only once something was raised: the database's library takes longer to load than the help to print.
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    return (DBAPIError, OSError)


def _tell_unexpected(_kind: type[BaseException], error: BaseException, _trace: object) -> None:
    from xrm_cli.unexpected import tell_unexpected  # noqa: PLC0415

    tell_unexpected(error, with_traceback="--debug" in sys.argv)


def _close_stdout() -> None:
    # Python flushes stdout once more at exit, which would complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
