# SPDX-License-Identifier: Apache-2.0
"""``xrm user on``, ``off``, ``sessions`` …: how somebody signs in, and what is done when they cannot, or no longer may."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import click

from xrm.access.agents import device_of
from xrm.access.people import activate_user, change_email
from xrm.access.service import deactivate_user, set_password
from xrm.access.sessions import end_sessions, list_sessions
from xrm.access.users import find_user
from xrm.factors.queries import Factors, factors_of
from xrm.invitations.service import reset_second_factor
from xrm.unit_of_work import UnitOfWork
from xrm_cli.declaring import Command
from xrm_cli.output import say
from xrm_cli.passwords import ask_password, read_password
from xrm_cli.session import Session, with_session


def _of(email: str, function: Callable[[UnitOfWork, uuid.UUID], Any]) -> Callable[[UnitOfWork], Any]:
    """A unit of work about the user with this address, whose login may be switched off."""
    return lambda uow: function(uow, find_user(uow, email, only_active=False).id)


def _change(
    session: Session, email: str, function: Callable[[UnitOfWork, uuid.UUID], Any], given: dict[str, Any], said: str
) -> None:
    session.write(_of(email, function))
    session.give({"email": email, **given}, lambda: say(said))


@click.command("factors", cls=Command, examples=["xrm user factors anna@example.org", "xrm user factors anna@example.org --json"])
@click.argument("email")
@with_session
def factors(session: Session, *, email: str) -> None:
    """List which second factors a user has: kinds and dates, no secrets."""
    found: Factors = session.read(_of(email, factors_of))
    items = list[dict[str, Any]]()
    items += [{"factor": "app", "since": found.app_since.isoformat(), "left": None}] if found.app_since else []
    items += [{"factor": "passkey", "since": one.created_at.isoformat(), "left": None} for one in found.passkeys]
    items += [{"factor": "recovery codes", "since": None, "left": found.recovery_left}] if found.recovery_left else []
    session.give_list(items, ("factor", "since", "left"))


@click.command("sessions", cls=Command, examples=[
    "xrm user sessions anna@example.org", "xrm user sessions anna@example.org --json",
])
@click.argument("email")
@with_session
def sessions(session: Session, *, email: str) -> None:
    """List where a user is signed in: browser, address, since when, last seen."""
    items = [
        {"browser": " ".join(device_of(row.agent)).strip() or "unknown", "address": row.address, "by": row.method,
         "since": row.created_at.isoformat(), "seen": row.seen_at.isoformat(), "session": row.handle}
        for row in session.read(_of(email, list_sessions))
    ]
    session.give_list(items, ("browser", "address", "by", "since", "seen", "session"))


@click.command("end-sessions", cls=Command, examples=["xrm user end-sessions anna@example.org"])
@click.argument("email")
@with_session
def end_sessions_command(session: Session, *, email: str) -> None:
    """Sign a user out everywhere."""
    ended = session.write(_of(email, end_sessions))
    session.give({"email": email, "ended": ended}, lambda: say(f"{email} is signed out of {ended} browsers."))


@click.command("reset-factors", cls=Command, examples=["xrm user reset-factors anna@example.org"])
@click.argument("email")
@with_session
def reset_factors(session: Session, *, email: str) -> None:
    """Take app, recovery codes and passkeys away from a user who lost them, sign them out, and tell them by mail."""
    _change(session, email, reset_second_factor, {"reset": True}, f"{email} signs in by password alone now.")


@click.command("set-password", cls=Command, examples=["xrm user set-password anna@example.org --password-file password.txt"])
@click.argument("email")
@click.option("--password-file", type=click.Path(exists=True, dir_okay=False), help="File whose first line is the password.")
@with_session
def set_password_command(session: Session, *, email: str, password_file: str | None) -> None:
    """Give a user a new password, asked for unless a file holds it; they are signed out everywhere."""
    password = read_password(password_file) if password_file else ask_password()
    said = f"{email} has a new password, and is signed out everywhere."
    _change(session, email, lambda uow, one: set_password(uow, one, password), {"changed": True}, said)


@click.command("off", cls=Command, examples=["xrm user off anna@example.org"])
@click.argument("email")
@with_session
def off(session: Session, *, email: str) -> None:
    """Switch a login off; its sessions end at once."""
    _change(session, email, deactivate_user, {"active": False}, f"{email} cannot sign in any more.")


@click.command("on", cls=Command, examples=["xrm user on anna@example.org"])
@click.argument("email")
@with_session
def on(session: Session, *, email: str) -> None:
    """Switch a login on again; its rights are as they were."""
    _change(session, email, activate_user, {"active": True}, f"{email} can sign in again.")


@click.command("change-email", cls=Command, examples=["xrm user change-email anna@example.org anna.ek@example.org"])
@click.argument("email")
@click.argument("new", metavar="NEW")
@with_session
def change_email_command(session: Session, *, email: str, new: str) -> None:
    """Give a login another address; its sessions end, and links that went to the old one are over."""
    _change(session, email, lambda uow, one: change_email(uow, one, new), {"email": new}, f"They sign in as {new} now.")


LOGIN_COMMANDS = (
    factors, sessions, end_sessions_command, reset_factors, set_password_command, off, on, change_email_command,
)
