# SPDX-License-Identifier: Apache-2.0
"""``xrm contact-point``: addresses of an entity on channels."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import click

from xrm.contact_points.queries import ContactPoint, list_contact_points
from xrm.contact_points.service import add_contact_point, end_contact_point
from xrm.entities.queries import get_entity
from xrm.schema.fields.places import PARTS
from xrm.unit_of_work import UnitOfWork
from xrm_cli.choosing import DAY, ID, department_name, department_option, find_department, split_pairs
from xrm_cli.declaring import Noun
from xrm_cli.output import say
from xrm_cli.session import Session, with_session


@click.group(cls=Noun)
def contact_point() -> None:
    """Contact points of an entity: add, list, end."""


@contact_point.command(
    "add",
    examples=["xrm contact-point add ID email info@example.org --label work", "xrm contact-point add ID phone 06.12.34.56.78",
              "xrm contact-point add ID postal --part street='Speersort 1' --part postal_code=20095 --part city=Hamburg "
              "--part country=DE"],
)
@click.argument("entity_id", metavar="ID", type=ID)
@click.argument("kind")
@click.argument("value", required=False)
@click.option("--part", "parts", metavar="PART=TEXT", multiple=True, callback=split_pairs,
              help=f"postal: a part of the address instead of VALUE; repeat it. Parts: {', '.join(PARTS)}.")
@click.option("--label", default="", help="What it is, such as office or private.")
@click.option("--preferred", is_flag=True, help="The one to use first.")
@click.option("--from", "valid_from", type=DAY, help="First day (default: open).")
@department_option("Department that alone sees it, by name or id (default: all who see the entity).")
@with_session
def add(
    session: Session, *, entity_id: uuid.UUID, kind: str, value: str | None, parts: list[tuple[str, str]], label: str,
    preferred: bool, valid_from: date | None, department: str,
) -> None:
    """Add an address; KIND is email, phone, mobile, fax, url, postal, or handle:NETWORK.

    A postal address is best given in parts: VALUE alone becomes its street.
    """
    if (value is None) == (not parts) or (parts and kind != "postal"):
        raise click.UsageError("Give either VALUE, or for postal the parts: --part city=Hamburg --part postal_code=20095 …")
    given: object = dict(parts) if parts else value

    def make(uow: UnitOfWork) -> uuid.UUID:
        where = find_department(uow, department)
        return add_contact_point(
            uow, entity_id, kind, given, label=label, department=where, preferred=preferred, valid_from=valid_from
        )

    one = session.write(make)
    session.give({"id": str(one), "type": kind}, lambda: click.echo(one))


@contact_point.command("list", examples=["xrm contact-point list ID --json"])
@click.argument("entity_id", metavar="ID", type=ID)
@click.option("--all-periods", is_flag=True, help="Also those that are over.")
@with_session
def list_command(session: Session, *, entity_id: uuid.UUID, all_periods: bool) -> None:
    """List the contact points of an entity, preferred ones first."""

    def describe(uow: UnitOfWork) -> list[dict[str, Any]]:
        get_entity(uow, entity_id)
        return [_as_json(uow, one) for one in list_contact_points(uow, entity_id, all_periods=all_periods)]

    session.give_list(session.read(describe), ("type", "value", "label", "preferred", "department_name", "id"))


def _as_json(uow: UnitOfWork, one: ContactPoint) -> dict[str, Any]:
    return {
        "id": str(one.id), "type": one.kind, "title": one.value, "value": one.value, "normalized": one.normalized,
        "label": one.label, "preferred": one.preferred, "parts": dict(one.parts),
        "valid_from": one.valid_from.isoformat() if one.valid_from else None,
        "valid_until": one.valid_until.isoformat() if one.valid_until else None,
        "department": str(one.department) if one.department else None, "department_name": department_name(uow, one.department),
        "bounced": one.bounced_at is not None, "objected": one.objected_at is not None,
    }


@contact_point.command("end", examples=["xrm contact-point end CONTACT_POINT_ID --on 2026-12-31"])
@click.argument("contact_point_id", metavar="CONTACT_POINT_ID", type=ID)
@click.option("--on", "day", type=DAY, default="today", show_default=True, help="First day on which it is no longer used.")
@with_session
def end(session: Session, *, contact_point_id: uuid.UUID, day: date) -> None:
    """End a contact point: it stays on record and is used no more."""
    session.write(lambda uow: end_contact_point(uow, contact_point_id, day))
    session.give({"id": str(contact_point_id), "valid_until": day.isoformat()}, lambda: say(f"Ended on {day}."))
