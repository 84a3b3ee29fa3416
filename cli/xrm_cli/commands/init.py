# SPDX-License-Identifier: Apache-2.0
"""``xrm init``: an instance with its secret, its tables and its first administrator."""

from __future__ import annotations

import click

from xrm.access.addresses import clean_email
from xrm.access.passwords import check_password
from xrm.access.service import add_member, create_user, give
from xrm.access.users import list_users
from xrm.db.health import missing_file
from xrm.invitations.redeeming import FIRST_DEPARTMENTS, prepare_instance
from xrm.migrate.apply import has_tables
from xrm.settings import create_home
from xrm.unit_of_work import UnitOfWork, system_actor
from xrm_cli.commands.schema import apply_schema
from xrm_cli.declaring import Command
from xrm_cli.first_administrator import tell_first_link
from xrm_cli.output import print_pairs, say
from xrm_cli.passwords import ask_password, read_password
from xrm_cli.session import Session, with_session


@click.command(
    "init", cls=Command,
    examples=[
        "xrm init", "xrm init --no-input --email you@example.org --password-file password.txt --department Sales",
        "xrm init --no-input   # tells a link by which somebody becomes the administrator",
    ],
)
@click.option("--no-input", is_flag=True, help="Ask nothing; without --email the administrator is made by a link.")
@click.option("--email", default="", help="E-mail address of the first administrator, who signs in with it.")
@click.option("--password-file", type=click.Path(exists=True, dir_okay=False), help="File whose first line is the password.")
@click.option("--name", default="", help="Name of the administrator.")
@click.option("--department", metavar="NAME", default="", help=f"First department (default: {FIRST_DEPARTMENTS['en']}).")
@with_session
def init(
    session: Session, *, no_input: bool, email: str, password_file: str | None, name: str, department: str
) -> None:
    """Make an instance in XRM_HOME: its secret, its tables, permission sets, a department and an administrator.

    With --no-input alone, it says on stderr the link by which somebody becomes the administrator, once.
    An instance that is there already stays as it is.
    """
    session.refuse_as()
    if _is_there(session):
        say(f"There is an instance in {session.settings.home} already. Nothing was changed.")
        session.give({"home": str(session.settings.home), "created": False}, lambda: None)
        return
    if no_input and not email and not password_file:
        _make_without_administrator(session, department)
        return
    # Whatever is wrong is said before anything is made.
    email = clean_email(email or _ask_email(no_input=no_input))
    if no_input and not password_file:
        raise click.UsageError("With --no-input, name the file of the administrator's password by --password-file.")
    password = read_password(password_file) if password_file else ask_password()
    check_password(password, session.settings, (email, name))
    create_home(session.settings.home)
    runtime = session.reopened()  # with the secret that is there only now
    apply_schema(runtime, quiet=True)
    runtime.write(lambda uow: first_rows(uow, email, name, password, department), system_actor())
    made = {"home": str(session.settings.home), "email": email, "created": True}
    session.give(made, lambda: print_pairs(made.items()))
    say("The instance is ready. Serve it with: xrm serve")


def _make_without_administrator(session: Session, department: str) -> None:
    create_home(session.settings.home)
    runtime = session.reopened()
    apply_schema(runtime, quiet=True)
    runtime.write(lambda uow: prepare_instance(uow, department), system_actor())
    made = {"home": str(session.settings.home), "email": None, "created": True}
    session.give(made, lambda: print_pairs(made.items()))
    tell_first_link(runtime)
    say("The instance is ready. Serve it with: xrm serve")


def _is_there(session: Session) -> bool:
    if not session.settings.home.is_dir() or missing_file(session.settings.database_url) or not has_tables(session.opened.engine):
        return False
    return bool(session.opened.read(list_users, system_actor()))


def _ask_email(*, no_input: bool) -> str:
    if no_input:
        raise click.UsageError("With --no-input, give the administrator's address by --email.")
    return str(click.prompt("E-mail address of the administrator", err=True))


def first_rows(uow: UnitOfWork, email: str, name: str, password: str, department: str) -> None:
    """Write permission sets, a department when there is none, and the administrator with all rights."""
    first = prepare_instance(uow, department)
    administrator = create_user(uow, email, name=name, password=password)
    add_member(uow, administrator, first)
    give(uow, administrator, "administrator", depth="all")
