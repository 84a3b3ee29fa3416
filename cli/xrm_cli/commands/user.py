# SPDX-License-Identifier: Apache-2.0
"""``xrm user``: logins and their rights."""

from __future__ import annotations

import uuid

import click

from xrm.access.agents import device_of
from xrm.access.directory import list_grants
from xrm.access.grants import end_grant
from xrm.access.people import activate_user, change_email
from xrm.access.service import DEPTHS, add_member, create_user, deactivate_user, give, set_password
from xrm.access.sessions import end_sessions, list_sessions
from xrm.access.users import find_user, list_permission_sets, list_users
from xrm.departments.queries import get_tree
from xrm.errors import NotFound, msg
from xrm.factors.service import reset_factors
from xrm.unit_of_work import UnitOfWork
from xrm_cli.choosing import Decorated, choose_department
from xrm_cli.commands.user_links import invite_command, reset_link
from xrm_cli.declaring import Noun
from xrm_cli.output import say
from xrm_cli.passwords import ask_password, read_password
from xrm_cli.session import Session, with_session


@click.group(cls=Noun)
def user() -> None:
    """Users: list, create, invite, grant and end rights, switch on and off; permission sets; sessions, passwords, factors."""


def _grant_options(function: Decorated) -> Decorated:
    function = click.option("--depth", type=click.Choice(DEPTHS), default="department", show_default=True,
                            help="Own rows only, the department, also those below it, or all departments.")(function)
    return click.option("--department", metavar="NAME", default="", help="Department of the rights, by name or id.")(function)


def _grant(uow: UnitOfWork, one: uuid.UUID, key: str, department: str, depth: str) -> None:
    where = None
    if depth != "all":
        where = choose_department(uow, department)
        add_member(uow, one, where)
    give(uow, one, key, department=where, depth=depth)


@user.command(
    "create",
    examples=[
        "xrm user create anna@example.org --name 'Anna Ek' --password-file password.txt --department Sales --set editor",
        "xrm user create audit@example.org --set auditor --depth all",
    ],
)
@click.argument("email")
@click.option("--name", default="", help="Name for people.")
@click.option("--password-file", type=click.Path(exists=True, dir_okay=False), help="File whose first line is the password.")
@click.option("--set", "permission_set", metavar="SET", help="Permission set to grant: reader, editor … (xrm user sets).")
@_grant_options
@with_session
def create(
    session: Session, *, email: str, name: str, password_file: str | None, permission_set: str | None, department: str, depth: str
) -> None:
    """Create a user, a member of --department, with the rights of --set there. Without a password nobody can sign in as them."""
    password = read_password(password_file) if password_file else None

    def make(uow: UnitOfWork) -> uuid.UUID:
        one = create_user(uow, email, name=name, password=password)
        if department:
            add_member(uow, one, get_tree(uow).find(department).id)
        if permission_set:
            _grant(uow, one, permission_set, department, depth)
        return one

    one = session.write(make)
    session.give({"id": str(one), "email": email}, lambda: click.echo(one))
    if not permission_set:
        say(f"{email} has no rights yet. Give some with: xrm user grant {email} editor --department NAME")


@user.command("list", examples=["xrm user list"])
@with_session
def list_command(session: Session) -> None:
    """List all users."""
    items = [
        {"id": str(one.id), "email": one.email, "name": one.name, "active": one.is_active} for one in session.read(list_users)
    ]
    session.give_list(items, ("name", "email", "active", "id"))


@user.command("sets", examples=["xrm user sets", "xrm user sets --json"])
@with_session
def sets(session: Session) -> None:
    """List the permission sets that can be granted, with their permissions."""
    language = session.settings.language
    items = [
        {"name": one.key, "label": one.label.get(language, one.label["en"]), "permissions": list(one.permissions)}
        for one in session.read(list_permission_sets)
    ]
    session.give_list(items, ("name", "label", "permissions"))


@user.command("grant", examples=["xrm user grant anna@example.org editor --department Sales --depth below"])
@click.argument("email")
@click.argument("permission_set", metavar="SET")
@_grant_options
@with_session
def grant(session: Session, *, email: str, permission_set: str, department: str, depth: str) -> None:
    """Grant a permission set to a user in a department, or with --depth all everywhere."""
    session.write(lambda uow: _grant(uow, find_user(uow, email).id, permission_set, department, depth))
    given = {"email": email, "set": permission_set, "department": department or None, "depth": depth}
    session.give(given, lambda: say(f"{email} has the rights of {permission_set} now."))


@user.command("sessions", examples=["xrm user sessions anna@example.org", "xrm user sessions anna@example.org --json"])
@click.argument("email")
@with_session
def sessions(session: Session, *, email: str) -> None:
    """List where a user is signed in: browser, address, since when, last seen."""
    rows = session.read(lambda uow: list_sessions(uow, find_user(uow, email, only_active=False).id))
    items = [
        {"browser": " ".join(device_of(row.agent)).strip() or "unknown", "address": row.address, "by": row.method,
         "since": row.created_at.isoformat(), "seen": row.seen_at.isoformat(), "session": row.handle}
        for row in rows
    ]
    session.give_list(items, ("browser", "address", "by", "since", "seen", "session"))


@user.command("end-sessions", examples=["xrm user end-sessions anna@example.org"])
@click.argument("email")
@with_session
def end_sessions_command(session: Session, *, email: str) -> None:
    """Sign a user out everywhere."""
    ended = session.write(lambda uow: end_sessions(uow, find_user(uow, email, only_active=False).id))
    session.give({"email": email, "ended": ended}, lambda: say(f"{email} is signed out of {ended} browsers."))


@user.command("reset-factors", examples=["xrm user reset-factors anna@example.org"])
@click.argument("email")
@with_session
def reset_factors_command(session: Session, *, email: str) -> None:
    """Take app, recovery codes and passkeys away from a user who lost them, and sign them out."""
    session.write(lambda uow: reset_factors(uow, find_user(uow, email, only_active=False).id))
    session.give({"email": email, "reset": True}, lambda: say(f"{email} signs in by password alone now."))


@user.command("set-password", examples=["xrm user set-password anna@example.org --password-file password.txt"])
@click.argument("email")
@click.option("--password-file", type=click.Path(exists=True, dir_okay=False), help="File whose first line is the password.")
@with_session
def set_password_command(session: Session, *, email: str, password_file: str | None) -> None:
    """Give a user a new password, asked for unless a file holds it; they are signed out everywhere."""
    password = read_password(password_file) if password_file else ask_password()
    session.write(lambda uow: set_password(uow, find_user(uow, email, only_active=False).id, password))
    session.give({"email": email, "changed": True}, lambda: say(f"{email} has a new password, and is signed out everywhere."))


@user.command("revoke", examples=[
    "xrm user revoke anna@example.org editor --department Sales", "xrm user revoke audit@example.org auditor",
])
@click.argument("email")
@click.argument("permission_set", metavar="SET")
@click.option("--department", metavar="NAME", default="", help="Only what was granted there; without it, all grants of the set.")
@with_session
def revoke(session: Session, *, email: str, permission_set: str, department: str) -> None:
    """Take a permission set back from a user; it is felt at their next request."""

    def take(uow: UnitOfWork) -> int:
        where = get_tree(uow).find(department).id if department else None
        who = find_user(uow, email, only_active=False).id
        found = list_grants(uow, users=[who], department=where, set_key=permission_set)
        if not found:
            what = {"email": email, "set": permission_set}
            raise NotFound(msg("{email} does not have {set} there. xrm access explain says more.", **what))
        for one in found:
            end_grant(uow, one.id)
        return len(found)

    count = session.write(take)
    ended = {"email": email, "set": permission_set, "ended": count}
    session.give(ended, lambda: say(f"{count} grants of {permission_set} ended."))


@user.command("off", examples=["xrm user off anna@example.org"])
@click.argument("email")
@with_session
def off(session: Session, *, email: str) -> None:
    """Switch a login off; its sessions end at once."""
    session.write(lambda uow: deactivate_user(uow, find_user(uow, email, only_active=False).id))
    session.give({"email": email, "active": False}, lambda: say(f"{email} cannot sign in any more."))


@user.command("on", examples=["xrm user on anna@example.org"])
@click.argument("email")
@with_session
def on(session: Session, *, email: str) -> None:
    """Switch a login on again; its rights are as they were."""
    session.write(lambda uow: activate_user(uow, find_user(uow, email, only_active=False).id))
    session.give({"email": email, "active": True}, lambda: say(f"{email} can sign in again."))


@user.command("change-email", examples=["xrm user change-email anna@example.org anna.ek@example.org"])
@click.argument("email")
@click.argument("new", metavar="NEW")
@with_session
def change_email_command(session: Session, *, email: str, new: str) -> None:
    """Give a login another address; its sessions end."""
    session.write(lambda uow: change_email(uow, find_user(uow, email, only_active=False).id, new))
    session.give({"email": new}, lambda: say(f"They sign in as {new} now."))


user.add_command(invite_command)
user.add_command(reset_link)
