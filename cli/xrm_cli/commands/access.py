# SPDX-License-Identifier: Apache-2.0
"""``xrm access``: why somebody may do something, or may not; what a changed permission set would do."""

from __future__ import annotations

import uuid
from typing import Any

import click

from xrm.access.explaining import Explanation, explain
from xrm.access.permission_sets import find_set
from xrm.access.previewing import ENOUGH, Preview, preview_set
from xrm.access.remedies import Remedy, find_remedy
from xrm.unit_of_work import UnitOfWork
from xrm_cli.declaring import Noun
from xrm_cli.output import print_table, say
from xrm_cli.session import Session, with_session


@click.group(cls=Noun)
def access() -> None:
    """Rights: explain, preview of a changed permission set."""


@access.command("explain", examples=[
    "xrm access explain --user anna@example.org --action update --entity 0192f0c1-7c1e-7d7a-8f7e-1c2b3a4d5e6f",
    "xrm access explain --user anna@example.org --action customer:update --entity 0192f0c1-7c1e-7d7a-8f7e-1c2b3a4d5e6f --json",
])
@click.option("--user", "email", required=True, metavar="EMAIL", help="Who wants to do it.")
@click.option("--action", required=True, help="A verb (read, update, delete …), or subject:verb, such as contact_point:create.")
@click.option("--entity", "entity_id", required=True, type=click.UUID, metavar="ID", help="With which party or record.")
@with_session
def explain_command(session: Session, *, email: str, action: str, entity_id: uuid.UUID) -> None:
    """Say whether a user may do something with an entity: yes or no, and what each of their grants gives there."""
    def ask(uow: UnitOfWork) -> tuple[Explanation, Remedy]:
        found = explain(uow, email, action, entity_id)
        return found, find_remedy(uow, found)

    found, remedy = session.read(ask)
    session.give(_as_json(found, remedy), lambda: _print(found, remedy))


def _as_json(found: Explanation, remedy: Remedy) -> dict[str, Any]:
    return {
        "allowed": found.is_allowed, "because": str(found.because), "user": found.who.email, "action": found.action,
        "entity": {"id": str(found.entity_id), "type": found.entity_type, "title": found.title},
        "places": [
            {"department": str(one.department), "department_name": one.name, "as": one.as_what} for one in found.places
        ],
        "grants": [
            {"set": one.set_key, "department": str(one.department) if one.department else None,
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
    places = [{"stands in": one.name, "as": one.as_what} for one in found.places]
    print_table(places, ("stands in", "as"))
    grants = [
        {"gives it": "yes" if one.gives else "no", "set": one.set_key, "in": one.department_name or "everywhere",
         "depth": one.depth, "permission": one.permission or "–"}
        for one in found.asked
    ]
    if grants:
        print_table(grants, ("gives it", "set", "in", "depth", "permission"))
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
    people = len(found.people) + found.others
    say(f"{people} people have this set." + ("" if rows else " Nobody would see more or fewer rows."))


def _number(count: int) -> str:
    return str(count) if count <= ENOUGH else f"{ENOUGH}+"
