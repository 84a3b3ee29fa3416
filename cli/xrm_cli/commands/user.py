# SPDX-License-Identifier: Apache-2.0
"""``xrm user``: logins and their rights."""

from __future__ import annotations

import uuid

import click

from xrm.access.directory import list_grants
from xrm.access.grants import end_grant
from xrm.access.permission_sets import change_permission_set, find_set
from xrm.access.policy import allowed
from xrm.access.service import DEPTHS, add_member, create_user, give
from xrm.access.users import User, find_user, list_permission_sets, list_users
from xrm.departments.queries import get_tree
from xrm.errors import NotFound, msg
from xrm.invitations.queries import list_invitations
from xrm.unit_of_work import UnitOfWork
from xrm_cli.choosing import Decorated, choose_department
from xrm_cli.commands.user_links import LINK_COMMANDS
from xrm_cli.commands.user_logins import LOGIN_COMMANDS
from xrm_cli.declaring import Noun
from xrm_cli.output import say
from xrm_cli.passwords import read_password
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
    """List all users; ``invited`` are those who have not come in yet, as far as you administer users."""
    def look(uow: UnitOfWork) -> tuple[list[User], set[uuid.UUID]]:
        return list_users(uow), {one.user_id for one in list_invitations(uow)} if allowed(uow, "user:administer") else set()

    people, invited = session.read(look)
    items = [
        {"id": str(one.id), "email": one.email, "name": one.name, "active": one.is_active, "invited": one.id in invited}
        for one in people
    ]
    session.give_list(items, ("name", "email", "active", "invited", "id"))


@user.command("sets", examples=["xrm user sets", "xrm user sets --json"])
@with_session
def sets(session: Session) -> None:
    """List the permission sets that can be granted, with their permissions."""
    language = session.settings.language
    items = [
        {"name": one.key, "label": one.label.get(language, one.label["en"]), "permissions": list(one.permissions),
         "second_factor": one.second_factor}
        for one in session.read(list_permission_sets)
    ]
    session.give_list(items, ("name", "label", "permissions", "second_factor"))


@user.command("ask-second-factor", examples=[
    "xrm user ask-second-factor administrator", "xrm user ask-second-factor editor --no",
])
@click.argument("permission_set", metavar="SET")
@click.option("--no", "is_off", is_flag=True, help="Ask no longer.")
@with_session
def ask_second_factor(session: Session, *, permission_set: str, is_off: bool) -> None:
    """Ask whoever has a permission set for a second factor, from their next sign-in by password on; API tokens go on working."""

    def change(uow: UnitOfWork) -> None:
        change_permission_set(uow, permission_set, find_set(uow, permission_set).permissions, second_factor=not is_off)

    session.write(change)
    said = f"{permission_set} {'asks for no' if is_off else 'asks for a'} second factor."
    session.give({"set": permission_set, "second_factor": not is_off}, lambda: say(said))


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


for command in (*LINK_COMMANDS, *LOGIN_COMMANDS):
    user.add_command(command)
