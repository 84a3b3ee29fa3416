# SPDX-License-Identifier: Apache-2.0
"""``xrm plugin settings``: what a plugin is set to, everywhere or for a department, and setting it."""

from __future__ import annotations

import uuid
from typing import Any

import click

from xrm.plugin_settings.queries import Setting, list_settings
from xrm.plugin_settings.service import save_settings
from xrm.unit_of_work import UnitOfWork
from xrm_cli.choosing import find_department, split_pairs
from xrm_cli.declaring import Command
from xrm_cli.session import Session, with_session


@click.command(
    "settings", cls=Command,
    examples=["xrm plugin settings email", "xrm plugin settings email --department Press --set from_address=press@example.org",
              "xrm plugin settings email --remove password"],
)
@click.argument("name")
@click.option("--department", metavar="NAME", default="", help="For this department, by name or id (default: for all).")
@click.option("--set", "pairs", metavar="KEY=VALUE", multiple=True, callback=split_pairs, help="Set a value; repeat it for more.")
@click.option("--remove", metavar="KEY", multiple=True, help="Take away what is set here; what is set above holds again.")
@with_session
def settings_command(
    session: Session, *, name: str, department: str, pairs: list[tuple[str, str]], remove: tuple[str, ...]
) -> None:
    """Show the settings of a plugin and where each comes from, after setting some; secrets are never shown."""
    def change(uow: UnitOfWork) -> None:
        save_settings(uow, name, dict(pairs), department=find_department(uow, department), removed=remove)

    def look(uow: UnitOfWork) -> dict[str, Setting]:
        place: uuid.UUID | None = find_department(uow, department)
        return list_settings(uow, uow.host.get(name).name, place)

    if pairs or remove:
        session.write(change)
    items: list[dict[str, Any]] = [
        {"key": key, "value": "********" if one.is_secret else one.value, "from": one.source, "own": one.is_own}
        for key, one in sorted(session.read(look).items())
    ]
    session.give_list(items, ("key", "value", "from"))
