# SPDX-License-Identifier: Apache-2.0
"""``xrm demo``: a made-up organization to look around in."""

from __future__ import annotations

import importlib

import click

from xrm.errors import ConfigurationError, msg
from xrm_cli.declaring import Command
from xrm_cli.output import say
from xrm_cli.session import Session, with_session


@click.command("demo", cls=Command, examples=["xrm init && xrm demo && xrm serve"])
@with_session
def demo(session: Session) -> None:
    """Fill the instance with a made-up organization in both languages: departments, parties, ten years of relationships."""
    session.refuse_as()
    try:
        build_demo = importlib.import_module("xrm_cli.demo").build_demo
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            msg("The demo needs a package that is not installed ({name}). Install it with: pip install 'xrm[demo]'", name=error.name)
        ) from error
    build_demo(session.runtime, progress=say)
    session.give({"done": True}, lambda: say("The demo is ready. Serve it with: xrm serve"))
