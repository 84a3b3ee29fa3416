# SPDX-License-Identifier: Apache-2.0
"""``xrm access``: why somebody may do something, or may not."""

from __future__ import annotations

import uuid
from typing import Any

import click

from xrm.access.explaining import Explanation, explain
from xrm_cli.declaring import Noun
from xrm_cli.output import print_table, say
from xrm_cli.session import Session, with_session


@click.group(cls=Noun)
def access() -> None:
    """Rights: explain."""


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
    found = session.read(lambda uow: explain(uow, email, action, entity_id))
    session.give(_as_json(found), lambda: _print(found))


def _as_json(found: Explanation) -> dict[str, Any]:
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
        "grants_elsewhere": found.elsewhere,
    }


def _print(found: Explanation) -> None:
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
