# SPDX-License-Identifier: Apache-2.0
"""``xrm demo``: a made-up organization to look around in."""

from __future__ import annotations

import importlib

import click

from xrm.errors import ConfigurationError, msg
from xrm_cli.declaring import Command
from xrm_cli.output import say
from xrm_cli.passwords import read_password
from xrm_cli.session import Session, with_session

PASSWORD_FILE = "demo-password"  # noqa: S105  # the name of a file


@click.command("demo", cls=Command, examples=["xrm init && xrm demo && xrm serve"])
@click.option("--password-file", type=click.Path(exists=True, dir_okay=False),
              help=f"File with the password of the made-up colleagues (default: {PASSWORD_FILE} of the instance, if there).")
@with_session
def demo(session: Session, *, password_file: str | None) -> None:
    """Fill the instance with a made-up organization in both languages: departments, parties, ten years of relationships."""
    session.refuse_as()
    try:
        build_demo = importlib.import_module("xrm_cli.demo").build_demo
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            msg("The demo needs {name}, which is not installed. Install it with: pip install 'xrm[demo]'", name=error.name)
        ) from error
    beside = session.settings.home / PASSWORD_FILE
    file = password_file or (str(beside) if beside.is_file() else None)
    build_demo(session.runtime, password=read_password(file) if file else None, progress=_tell)
    session.give({"done": True}, lambda: say("The demo is ready. Serve it with: xrm serve"))
    if file:
        colleagues = ", ".join(email for email, _name, _place in importlib.import_module("xrm_cli.demo.plan").COLLEAGUES)
        say(f"Colleagues: {colleagues}; their password is the one in {file}")


def _tell(what: str, step: int, steps: int) -> None:
    say(f"{step}/{steps} {what} …")
