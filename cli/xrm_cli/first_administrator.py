# SPDX-License-Identifier: Apache-2.0
"""The way in for the first administrator: one link on the console, as long as nobody can sign in."""

from __future__ import annotations

from dataclasses import replace

from xrm.access.users import list_users
from xrm.invitations.service import make_first_link
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork, system_actor
from xrm_cli.output import say


def tell_first_link(runtime: Runtime, served_at: str = "") -> None:
    """Say the link if no active user is there; on stderr, because stdout holds the address and nothing else.

    Without a ``base_url`` in the settings it leads to ``served_at``, the address that is about to be served.
    """

    def make(uow: UnitOfWork) -> str:
        if served_at and uow.settings.sources.get("base_url", "default") == "default":
            uow.settings = replace(uow.settings, base_url=served_at)
        return make_first_link(uow)

    if any(one.is_active for one in runtime.read(list_users, system_actor())):
        return
    link = runtime.write(make, system_actor())
    say(f"Nobody can sign in yet. Become the first administrator here, once, within a day:\n  {link}")
