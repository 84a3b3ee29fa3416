# SPDX-License-Identifier: Apache-2.0
"""``xrm config``: the settings in force and where each comes from."""

from __future__ import annotations

import click

from xrm_cli.declaring import Noun
from xrm_cli.output import print_table
from xrm_cli.session import Session, with_session


@click.group(cls=Noun)
def config() -> None:
    """Settings and where each comes from."""


@config.command("show", examples=["xrm config show", "xrm config show --json"])
@with_session
def show(session: Session) -> None:
    """Show every setting with its source (default, xrm.toml, or a variable); secrets are never shown."""
    settings = session.settings
    rows = [{"name": name, "value": value, "source": settings.sources[name]} for name, value in settings.masked().items()]
    rows += [
        {"name": f"plugins.{plugin}.{key}", "value": "********", "source": "xrm.toml or a variable"}
        for plugin, values in sorted(settings.plugins.items())
        for key in sorted(values)
    ]
    by_name = {row["name"]: {"value": row["value"], "source": row["source"]} for row in rows}
    home = str(settings.home)
    shown = [{"name": "home", "value": home, "source": "XRM_HOME, or ./instance"}, *rows]
    session.give({"home": home, "settings": by_name}, lambda: print_table(shown, ("name", "value", "source")))
