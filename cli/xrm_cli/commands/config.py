# SPDX-License-Identifier: Apache-2.0
"""``xrm config``: the settings in force and where each comes from."""

from __future__ import annotations

import click

from xrm.plugin_host.discovery import discover_plugins
from xrm.settings import Settings
from xrm_cli.declaring import Noun
from xrm_cli.output import print_table
from xrm_cli.session import Session, with_session


@click.group(cls=Noun)
def config() -> None:
    """Settings and where each comes from."""


@config.command("show", examples=["xrm config show", "xrm config show --json"])
@with_session
def show(session: Session) -> None:
    """Show every setting with its source (default, a file, or a variable); secrets are never shown."""
    settings = session.settings
    rows = [{"name": name, "value": value, "source": settings.sources[name]} for name, value in settings.masked().items()]
    plain = _plain_settings(settings)
    rows += [
        {"name": name, "value": value if name in plain else "********", "source": settings.sources.get(name, "")}
        for name, value in sorted(_plugin_settings(settings).items())
    ]
    by_name = {row["name"]: {"value": row["value"], "source": row["source"]} for row in rows}
    home = str(settings.home)
    shown = [{"name": "home", "value": home, "source": "XRM_HOME, or ./instance"}, *rows]
    session.give({"home": home, "settings": by_name}, lambda: print_table(shown, ("name", "value", "source")))


def _plugin_settings(settings: Settings) -> dict[str, str]:
    tables = {"plugins": settings.plugins, "oidc": settings.oidc}
    return {
        f"{kind}.{name}.{key}": value
        for kind, table in tables.items() for name, own in table.items() for key, value in own.items()
    }


def _plain_settings(settings: Settings) -> set[str]:
    """The settings of providers, and those that plugins declare and are no secrets; of any other nobody knows what it holds."""
    providers = {f"oidc.{name}.{key}" for name, own in settings.oidc.items() for key in own if key != "client_secret"}
    manifests = [plugin.manifest for plugin in discover_plugins(settings.home) if plugin.manifest is not None]
    return providers | {
        f"plugins.{manifest.plugin}.{key}"
        for manifest in manifests
        for key in manifest.settings
        if key not in manifest.asks_for.secrets
    }
