# SPDX-License-Identifier: Apache-2.0
"""``xrm token``: API tokens by which programs act as a user."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from xrm.access.users import find_user
from xrm.departments.queries import get_tree
from xrm.tokens.queries import Token, list_own_tokens, list_tokens
from xrm.tokens.service import EVERYTHING, USUAL_LIFETIME, NewToken, create_token, revoke_token
from xrm.unit_of_work import UnitOfWork
from xrm_cli.declaring import Noun
from xrm_cli.output import say
from xrm_cli.session import Session, with_session

UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1), "y": timedelta(days=365)}
LONGEST = timedelta(days=36500)


@click.group(cls=Noun)
def token() -> None:
    """API tokens: create, list, revoke."""


def _lifetime(_context: click.Context, _parameter: click.Parameter, value: str) -> timedelta | None:
    if value == "never":
        return None
    number, unit = value[:-1], value[-1:]
    if number.isascii() and number.isdigit() and len(number) < 6 and unit in UNITS:
        found = int(number) * UNITS[unit]
        if timedelta() < found <= LONGEST:
            return found
    raise click.BadParameter(f"{value!r} is no time. Write 12h, 90d, 8w, 1y, or never.")


@token.command(
    "create",
    examples=[
        "xrm token create --email shop@example.org --name export --scope customer:read --department Sales --expires 90d",
        "xrm token create --email anna@example.org --name script --json",
    ],
)
@click.option("--email", required=True, help="The user for whom programs act by it.")
@click.option("--name", required=True, help="What it is for.")
@click.option("--scope", "scopes", multiple=True, help="A right it gives, such as customer:read or *:read (default: all).")
@click.option("--department", "departments", metavar="NAME", multiple=True, help="Only there and below, by name or id.")
@click.option("--expires", default=f"{USUAL_LIFETIME.days}d", show_default=True, callback=_lifetime,
              help="When it ends: 12h, 90d, 8w, 1y or never.")
@with_session
def create(
    session: Session, *, email: str, name: str, scopes: tuple[str, ...], departments: tuple[str, ...], expires: timedelta | None
) -> None:
    """Make a token and give it once; only its beginning is kept readable. It never gives more than its user may."""

    def make(uow: UnitOfWork) -> NewToken:
        places = [get_tree(uow).find(one).id for one in departments]
        until = None if expires is None else datetime.now(UTC) + expires
        owner = find_user(uow, email).id
        return create_token(uow, owner, name, scopes=scopes or EVERYTHING, departments=places, expires_at=until)

    made = session.write(make)
    given = {"token": made.text, "id": str(made.id), "prefix": made.prefix, "expires_at": _moment(made.expires_at)}
    session.give(given, lambda: click.echo(made.text))
    say("It is shown only this once.")


@token.command("list", examples=["xrm token list", "xrm token list --email anna@example.org --json"])
@click.option("--email", default="", help="Only those of this user.")
@with_session
def list_command(session: Session, *, email: str) -> None:
    """List tokens: all, or with --as one's own and those of users whom one administers."""

    def read(uow: UnitOfWork) -> list[Token]:
        wanted = find_user(uow, email, only_active=False).id if email else None
        found = {one.id: one for one in [*list_tokens(uow), *list_own_tokens(uow)]}
        return [one for one in found.values() if wanted in {None, one.user_id}]

    items = [_described(one) for one in session.read(read)]
    session.give_list(items, ("prefix", "name", "email", "scopes", "departments", "state", "expires_at", "last_used_at", "id"))


@token.command("revoke", examples=["xrm token revoke 019a8c3e-5f1b-7c2d-8e4f-6a7b8c9d0e1f"])
@click.argument("token_id", metavar="ID", type=click.UUID)
@with_session
def revoke(session: Session, *, token_id: uuid.UUID) -> None:
    """Make a token worthless from the next request on."""
    session.write(lambda uow: revoke_token(uow, token_id))
    session.give({"id": str(token_id), "state": "revoked"}, lambda: say("The token was revoked."))


def _described(one: Token) -> dict[str, Any]:
    return {
        "id": str(one.id), "prefix": one.prefix, "name": one.name, "email": one.email, "scopes": list(one.scopes),
        "departments": list(one.departments) if one.is_limited else None, "state": one.state,
        "created_at": _moment(one.created_at), "expires_at": _moment(one.expires_at), "last_used_at": _moment(one.last_used_at),
    }


def _moment(value: datetime | None) -> str | None:
    return value.isoformat(timespec="seconds") if value else None
