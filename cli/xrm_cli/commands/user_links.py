# SPDX-License-Identifier: Apache-2.0
"""``xrm user invite``, ``send-link`` …: people choose their passwords themselves, by a link that works once."""

from __future__ import annotations

import click

from xrm.access.service import DEPTHS
from xrm.access.users import find_user
from xrm.errors import NotFound
from xrm.invitations.queries import is_pending
from xrm.invitations.service import Invited, invite, invite_again, make_reset_link, send_password_link, take_back
from xrm.unit_of_work import UnitOfWork
from xrm_cli.choosing import choose_department
from xrm_cli.declaring import Command
from xrm_cli.output import say
from xrm_cli.session import Session, with_session


@click.command(
    "invite", cls=Command,
    examples=[
        "xrm user invite anna@example.org --name 'Anna Ek' --department Sales --set editor",
        "xrm user invite eve@example.org --json",
    ],
)
@click.argument("email")
@click.option("--name", default="", help="Name for people; they may change it when they come in.")
@click.option("--department", metavar="NAME", default="", help="Department they belong to, by name or id.")
@click.option("--set", "permission_set", metavar="SET", default="", help="Permission set to grant there (xrm user sets).")
@click.option("--depth", type=click.Choice(DEPTHS), default="department", show_default=True,
              help="How far the rights reach: own rows, the department, also those below it, or all departments.")
@click.option("--language", type=click.Choice(("en", "fr")), default=None, help="Language of the mail and of their pages.")
@click.option("--link", "by_hand", is_flag=True, help="Give the link instead of sending it.")
@with_session
def invite_command(
    session: Session, *, email: str, name: str, department: str, permission_set: str, depth: str, language: str | None,
    by_hand: bool,
) -> None:
    """Invite somebody: a mail with a link that is good for seven days; without a mail server the link is given here, once.

    Who was invited and has not come in yet is invited again; the link of before is worth nothing then.
    """

    def make(uow: UnitOfWork) -> Invited:
        known = _pending(uow, email)
        if known is None:
            needs_one = department or (permission_set and depth != "all")
            place = choose_department(uow, department) if needs_one else None
            known = invite(
                uow, email, name=name, language=language or "", department=place, set_key=permission_set, depth=depth
            )
            if not by_hand or known.link:
                return known
        return invite_again(uow, known.user_id, by_hand=by_hand)

    made = session.write(make)
    given = {"id": str(made.user_id), "email": made.email, "sent": not made.link, "link": made.link or None}
    session.give(given, lambda: click.echo(made.link or made.user_id))
    if made.link:
        say(f"Pass the link on to {made.email}. It works once, for seven days.")
    else:
        say(f"The invitation is on its way to {made.email}.")


@click.command("take-back", cls=Command, examples=["xrm user take-back anna@example.org"])
@click.argument("email")
@with_session
def take_back_command(session: Session, *, email: str) -> None:
    """Take an invitation back: its link is worth nothing, and the login is switched off."""
    session.write(lambda uow: take_back(uow, find_user(uow, email).id))
    session.give({"email": email, "active": False}, lambda: say(f"The invitation of {email} was taken back."))


@click.command("send-link", cls=Command, examples=["xrm user send-link anna@example.org"])
@click.argument("email")
@with_session
def send_link(session: Session, *, email: str) -> None:
    """Send a user a mail with a link to choose a password; who has none yet is invited."""
    made = session.write(lambda uow: send_password_link(uow, find_user(uow, email).id))
    session.give({"email": email, "sent": not made.link, "link": made.link or None}, lambda: click.echo(made.link))
    if not made.link:
        say(f"The link is on its way to {email}.")


@click.command("reset-link", cls=Command, examples=["xrm user reset-link anna@example.org"])
@click.argument("email")
@with_session
def reset_link(session: Session, *, email: str) -> None:
    """Give a link by which a user chooses a new password; it works once, for an hour. Pass it on by a safe way."""
    link = session.write(lambda uow: make_reset_link(uow, find_user(uow, email).id))
    session.give({"email": email, "link": link}, lambda: click.echo(link))


LINK_COMMANDS = (invite_command, take_back_command, send_link, reset_link)


def _pending(uow: UnitOfWork, email: str) -> Invited | None:
    try:
        found = find_user(uow, email)
    except NotFound:
        return None
    return Invited(found.id, found.email) if is_pending(uow, found.id) else None
