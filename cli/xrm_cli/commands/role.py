# SPDX-License-Identifier: Apache-2.0
"""``xrm role``: what a party is to a department, from a day until a day."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import click

from xrm.entities.queries import get_entity
from xrm.roles.queries import list_roles_of
from xrm.roles.service import end_role, start_role
from xrm.unit_of_work import UnitOfWork
from xrm_cli.choosing import DAY, ID, choose_department, department_option, values_of, values_option
from xrm_cli.declaring import Noun
from xrm_cli.output import say
from xrm_cli.session import Session, with_session
from xrm_cli.showing import role_as_json


@click.group(cls=Noun)
def role() -> None:
    """Roles of a party: start, end, list."""


@role.command("list", examples=["xrm role list PARTY_ID", "xrm role list PARTY_ID --all-periods --json"])
@click.argument("party", metavar="PARTY_ID", type=ID)
@click.option("--all-periods", is_flag=True, help="Also those that are over.")
@with_session
def list_command(session: Session, *, party: uuid.UUID, all_periods: bool) -> None:
    """List the roles of a party."""

    def describe(uow: UnitOfWork) -> list[dict[str, Any]]:
        get_entity(uow, party)
        return [role_as_json(uow, one) for one in list_roles_of(uow, party, all_periods=all_periods)]

    session.give_list(session.read(describe), ("id", "type", "department_name", "since", "until", "is_open"))


@role.command("start", examples=["xrm role start PARTY_ID customer --set number=C-1 --department Sales --since 2026-01-01"])
@click.argument("party", metavar="PARTY_ID", type=ID)
@click.argument("role_type", metavar="ROLE")
@values_option()
@department_option()
@click.option("--since", type=DAY, help="First day (default: open).")
@click.option("--until", type=DAY, help="First day on which it no longer holds.")
@with_session
def start(
    session: Session, *, party: uuid.UUID, role_type: str, pairs: list[tuple[str, str]], department: str, since: date | None,
    until: date | None,
) -> None:
    """Give a party a role in a department."""

    def make(uow: UnitOfWork) -> uuid.UUID:
        values = values_of(uow, uow.registry.get(role_type), pairs)
        where = choose_department(uow, department)
        return start_role(uow, party, role_type, values, department=where, since=since, until=until)

    one = session.write(make)
    session.give({"id": str(one), "type": role_type, "party": str(party)}, lambda: click.echo(one))


@role.command("end", examples=["xrm role end ROLE_ID", "xrm role end ROLE_ID --until 2026-12-31"])
@click.argument("role_id", metavar="ROLE_ID", type=ID)
@click.option("--until", type=DAY, default="today", show_default=True, help="First day on which it no longer holds.")
@with_session
def end(session: Session, *, role_id: uuid.UUID, until: date) -> None:
    """End a role; taken up again later, it is a new one and both periods stay."""
    session.write(lambda uow: end_role(uow, role_id, until))
    session.give({"id": str(role_id), "until": until.isoformat()}, lambda: say(f"Ended on {until}."))
