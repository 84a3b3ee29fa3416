# SPDX-License-Identifier: Apache-2.0
"""``xrm plugin release``: lets a plugin take part again that was put into quarantine or held off."""

from __future__ import annotations

import click

from xrm.errors import NotFound, msg
from xrm.plugin_host.load_marks import LoadMarks
from xrm.plugin_host.service import release_plugin
from xrm_cli.declaring import Command
from xrm_cli.output import say
from xrm_cli.session import Session, with_session


@click.command("release", cls=Command, examples=["xrm plugin release press"])
@click.argument("name")
@with_session
def release(session: Session, *, name: str) -> None:
    """Let a plugin take part again that failed too often, or that ended the program while it was loaded."""
    session.opened.host.get(name)
    was_held_off = LoadMarks(session.settings.home).release(name)
    try:
        session.write(lambda uow: release_plugin(uow, name))
        was_quarantined = True
    except NotFound:
        was_quarantined = False
    if not was_held_off and not was_quarantined:
        raise NotFound(msg("The plugin {plugin} is neither in quarantine nor held off.", plugin=name))
    session.give({"plugin": name, "quarantine": was_quarantined, "held_off": was_held_off}, lambda: None)
    say(f"{name} takes part again{' at the next start' if was_held_off else ', in every process within two seconds'}.")
