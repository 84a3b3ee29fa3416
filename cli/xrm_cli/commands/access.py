# SPDX-License-Identifier: Apache-2.0
"""``xrm access``: why somebody may do something, or may not; previews of permission sets; shares of one entry."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import click

from xrm.access.explaining import Explanation, explain
from xrm.access.permission_sets import find_set
from xrm.access.previewing import ENOUGH, Preview, preview_set
from xrm.access.remedies import Remedy, find_remedy
from xrm.access.users import find_user
from xrm.sharing.queries import list_shared_with_me, list_shares
from xrm.sharing.service import ACTIONS, Recipient, end_share, share_entity
from xrm.unit_of_work import UnitOfWork
from xrm_cli.choosing import DAY, ID, department_option, find_department
from xrm_cli.declaring import Noun
from xrm_cli.output import print_table, say
from xrm_cli.session import Session, with_session

_SIGNS = {True: "+", False: "-", None: "·"}


@click.group(cls=Noun)
def access() -> None:
    """Rights: explain, preview of a changed permission set; share one entry with somebody."""


@access.command("explain", examples=[
    "xrm access explain --user anna@example.org --action update --entity 0192f0c1-7c1e-7d7a-8f7e-1c2b3a4d5e6f",
    "xrm access explain --user anna@example.org --action customer:update --entity 0192f0c1-7c1e-7d7a-8f7e-1c2b3a4d5e6f --json",
    "xrm access explain --user anna@example.org --action person.birth_date:see --entity 0192f0c1-7c1e-7d7a-8f7e-1c2b3a4d5e6f",
    "xrm access explain --user anna@example.org --action find --entity 0192f0c1-7c1e-7d7a-8f7e-1c2b3a4d5e6f",
])
@click.option("--user", "email", required=True, metavar="EMAIL", help="Who wants to do it.")
@click.option("--action", required=True, help="A verb (read, update …), subject:verb such as score:update, TYPE.FIELD:see or "
              "TYPE.FIELD:edit; find for why lists and search do not show it.")
@click.option("--entity", "entity_id", required=True, type=click.UUID, metavar="ID", help="With which party or record.")
@with_session
def explain_command(session: Session, *, email: str, action: str, entity_id: uuid.UUID) -> None:
    """Say whether a user may do something with an entity: yes or no, the chain behind it, and what each grant gives there."""
    def ask(uow: UnitOfWork) -> tuple[Explanation, Remedy]:
        found = explain(uow, email, action, entity_id)
        return found, find_remedy(uow, found)

    found, remedy = session.read(ask)
    session.give(_as_json(found, remedy), lambda: _print(found, remedy))


@access.command("share", examples=[
    "xrm access share ID --with anna@example.org",
    "xrm access share ID --with anna@example.org --action update --until 2026-12-31",
    "xrm access share ID --department Press --note 'for the press review'",
])
@click.argument("entity_id", metavar="ID", type=ID)
@click.option("--with", "email", metavar="EMAIL", default="", help="With which user.")
@department_option("Or with all members of this department, by name or id.")
@click.option("--action", type=click.Choice(ACTIONS), default="read", show_default=True, help="What they may do.")
@click.option("--until", type=DAY, help="Last day (default: until it is taken back).")
@click.option("--note", default="", help="Why.")
@with_session
def share(
    session: Session, *, entity_id: uuid.UUID, email: str, department: str, action: str, until: date | None, note: str
) -> None:
    """Let somebody see one party or record, or change it, whatever else they may see.

    They see its fields, but no roles, and no fields that need a right of their own.
    """

    def make(uow: UnitOfWork) -> uuid.UUID:
        recipient = Recipient(find_user(uow, email).id if email else None, find_department(uow, department))
        return share_entity(uow, entity_id, recipient, action, until=until + timedelta(days=1) if until else None, note=note)

    one = session.write(make)
    session.give({"id": str(one)}, lambda: click.echo(str(one)))


@access.command("unshare", examples=["xrm access unshare SHARE"])
@click.argument("share_id", metavar="SHARE", type=ID)
@with_session
def unshare(session: Session, *, share_id: uuid.UUID) -> None:
    """Take a share back at once; xrm access shares ID lists them."""
    session.write(lambda uow: end_share(uow, share_id))
    session.give({"id": str(share_id)}, lambda: click.echo(str(share_id)))


@access.command("shares", examples=["xrm access shares ID", "xrm access shares --json"])
@click.argument("entity_id", metavar="[ID]", type=ID, required=False)
@with_session
def shares(session: Session, *, entity_id: uuid.UUID | None) -> None:
    """List with whom a party or record is shared; without ID, what is shared with you."""
    found = session.read(lambda uow: list_shared_with_me(uow) if entity_id is None else list_shares(uow, entity_id))
    items = [
        {"id": str(one.id), "entity": str(one.about.id), "title": one.about.title, "with": one.recipient, "action": one.action,
         "until": str(one.until - timedelta(days=1)) if one.until else None, "by": one.by, "note": one.note, "over": one.is_over}
        for one in found
    ]
    columns = ("id", "title", "with", "action", "until", "by", "note")
    session.give({"items": items, "next": None}, lambda: print_table(items, columns))


def _as_json(found: Explanation, remedy: Remedy) -> dict[str, Any]:
    return {
        "allowed": found.is_allowed, "because": str(found.because), "user": found.who.email, "action": found.action,
        "entity": {"id": str(found.entity_id), "type": found.entity_type, "title": found.title},
        "places": [
            {"department": str(one.department), "department_name": one.name, "as": one.as_what} for one in found.places
        ],
        "reasons": [
            {"kind": one.kind, "holds": one.holds, "said": str(one.said), "plugin": one.plugin or None}
            for one in found.reasons
        ],
        "lacking": list(found.lacking),
        "grants": [
            {"action": one.action, "set": one.set_key, "department": str(one.department) if one.department else None,
             "department_name": one.department_name, "depth": one.depth, "permission": one.permission or None,
             "gives": one.gives, "said": str(one.said)}
            for one in found.asked
        ],
        "grants_elsewhere": found.elsewhere, "places_elsewhere": found.hidden_places,
        "remedy": {
            "ways": [str(one) for one in remedy.ways], "sets": [one.key for one in remedy.sets], "who": list(remedy.givers),
        },
    }


def _print(found: Explanation, remedy: Remedy) -> None:
    click.echo(str(found.because))
    for reason in found.reasons:
        click.echo(f"  {_SIGNS[reason.holds]} {reason.said}")
    places = [{"stands in": one.name, "as": one.as_what} for one in found.places]
    print_table(places, ("stands in", "as"))
    grants = [
        {"gives it": "yes" if one.gives else "no", "right": one.action, "set": one.set_key,
         "in": one.department_name or "everywhere",
         "depth": one.depth, "permission": one.permission or "–"}
        for one in found.asked
    ]
    if grants:
        print_table(grants, ("gives it", "right", "set", "in", "depth", "permission"))
    for one in found.asked:
        say(str(one.said))
    if found.elsewhere:
        say(f"Grants in departments where you do not administer users, and that are not shown: {found.elsewhere}.")
    for way in remedy.ways:
        say(str(way))
    if remedy.sets:
        say(f"Sets that hold it: {', '.join(one.key for one in remedy.sets)}.")
    if remedy.givers:
        say(f"Who can give it: {', '.join(remedy.givers)}.")


@access.command("preview-set", examples=[
    "xrm access preview-set editor --add '*:export'",
    "xrm access preview-set press_reader --add coverage:read --remove '*:read' --json",
])
@click.argument("key")
@click.option("--add", "added", multiple=True, metavar="PERMISSION", help="A permission that would come, such as person:read.")
@click.option("--remove", "removed", multiple=True, metavar="PERMISSION", help="A permission that would go.")
@with_session
def preview_command(session: Session, *, key: str, added: tuple[str, ...], removed: tuple[str, ...]) -> None:
    """Show what changing a permission set would do: who has it, and rows each would see more or fewer. Saves nothing."""
    found = session.read(
        lambda uow: preview_set(uow, key, (set(find_set(uow, key).permissions) | set(added)) - set(removed))
    )
    session.give(_preview_as_json(found), lambda: _print_preview(found))


def _preview_as_json(found: Preview) -> dict[str, Any]:
    return {
        "added": list(found.added), "removed": list(found.removed), "others": found.others,
        "people": [
            {"email": one.user.email, "rows": [
                {"type": rows.type.name, "before": min(rows.before, ENOUGH), "after": min(rows.after, ENOUGH),
                 "gained": rows.gained, "lost": rows.lost, "exact": rows.is_exact}
                for rows in one.rows
            ], "fields": [
                {"type": fields.type.name, "verb": fields.verb, "gained": list(fields.gained), "lost": list(fields.lost)}
                for fields in one.fields
            ]}
            for one in found.people
        ],
    }


def _print_preview(found: Preview) -> None:
    for sign, permissions in (("+", found.added), ("-", found.removed)):
        for one in permissions:
            click.echo(f"{sign} {one}")
    rows = [
        {"who": one.user.email, "type": rows.type.name, "sees now": _number(rows.before), "would see": _number(rows.after)}
        for one in found.people for rows in one.rows
    ]
    if rows:
        print_table(rows, ("who", "type", "sees now", "would see"))
    fields = [
        {"who": one.user.email, "type": each.type.name, "right": each.verb, "gains": ", ".join(each.gained) or "–",
         "loses": ", ".join(each.lost) or "–"}
        for one in found.people for each in one.fields
    ]
    if fields:
        print_table(fields, ("who", "type", "right", "gains", "loses"))
    people = len(found.people) + found.others
    say(f"{people} people have this set." + ("" if rows else " Nobody would see more or fewer rows."))


def _number(count: int) -> str:
    return str(count) if count <= ENOUGH else f"{ENOUGH}+"
