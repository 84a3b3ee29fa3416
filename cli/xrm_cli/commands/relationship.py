# SPDX-License-Identifier: Apache-2.0
"""``xrm relationship``: typed, dated links between two entities."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import click

from xrm.relationships.queries import count_relationships, list_relationships
from xrm.relationships.service import end_relationship, relate
from xrm.unit_of_work import UnitOfWork
from xrm_cli.choosing import DAY, ID, department_option, find_department, values_of, values_option
from xrm_cli.declaring import Noun
from xrm_cli.output import print_table, say
from xrm_cli.session import Session, with_session
from xrm_cli.showing import relationship_as_json


@click.group(cls=Noun)
def relationship() -> None:
    """Relationships: list, create, end."""


@relationship.command("types", examples=["xrm relationship types"])
@with_session
def types(session: Session) -> None:
    """List all relationship types with both labels and the ends they allow."""
    items = [
        {
            "name": one.name, "plugin": one.declaration.plugin, "forward": one.declaration.forward.get("en"),
            "reverse": one.declaration.reverse.get("en"), "from": list(one.declaration.source),
            "to": list(one.declaration.target), "cardinality": one.declaration.cardinality,
            "fields": {key: field.type for key, field in one.fields.items()},
        }
        for one in session.runtime.registry.relationship_types.values()
    ]
    columns = ("name", "plugin", "forward", "reverse", "from", "to", "cardinality")
    session.give({"items": items, "next": None}, lambda: print_table(items, columns))


@relationship.command(
    "list",
    examples=["xrm relationship list --entity ID", "xrm relationship list --type works_for --as-of 2020-01-01 --json",
              "xrm relationship list --type works_for --count --json"],
)
@click.option("--type", "type_name", metavar="TYPE", help="Of this type only.")
@click.option("--entity", "entity_id", metavar="ID", type=ID, help="Of this entity only, in both directions.")
@click.option("--as-of", type=DAY, help="Those that hold on this day (default: today).")
@click.option("--all-periods", is_flag=True, help="Also those that are over or to come.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many at most.")
@click.option("--after", metavar="CURSOR", type=ID, help="Continue where the page before ended.")
@click.option("--count", "only_count", is_flag=True, help="Give the number only.")
@with_session
def list_command(
    session: Session, *, type_name: str | None, entity_id: uuid.UUID | None, as_of: date | None, all_periods: bool, limit: int,
    after: uuid.UUID | None, only_count: bool,
) -> None:
    """List relationships, oldest first; those that hold today unless asked otherwise."""
    if only_count:
        number = session.read(
            lambda uow: count_relationships(uow, entity_id, type_name, as_of=as_of, all_periods=all_periods)
        )
        session.give({"count": number}, lambda: click.echo(number))
        return

    def describe(uow: UnitOfWork) -> list[dict[str, Any]]:
        found = list_relationships(
            uow, entity_id, type_name, as_of=as_of, all_periods=all_periods, limit=limit + 1, after=after
        )
        return [relationship_as_json(uow, one) for one in found]

    items = session.read(describe)
    following = items[limit - 1]["id"] if len(items) > limit else None
    session.give_list(items[:limit], ("id", "type", "title", "valid_from", "valid_until", "department_name"), following)


@relationship.command(
    "create",
    examples=["xrm relationship create works_for PERSON_ID ORGANIZATION_ID --from 2020-01-01 --set job_title=Buyer --json"],
)
@click.argument("type_name", metavar="TYPE")
@click.argument("source", metavar="FROM_ID", type=ID)
@click.argument("target", metavar="TO_ID", type=ID)
@click.option("--from", "valid_from", type=DAY, help="First day (default: open).")
@click.option("--until", "valid_until", type=DAY, help="First day on which it no longer holds.")
@values_option()
@department_option("Department that alone sees it, by name or id (default: all who see both ends).")
@with_session
def create(
    session: Session, *, type_name: str, source: uuid.UUID, target: uuid.UUID, valid_from: date | None, valid_until: date | None,
    pairs: list[tuple[str, str]], department: str,
) -> None:
    """Link two entities; read it as FROM_ID, forward label, TO_ID (xrm relationship types)."""

    def make(uow: UnitOfWork) -> uuid.UUID:
        values = values_of(uow, uow.registry.get_relationship(type_name), pairs)
        return relate(
            uow, type_name, source, target, valid_from=valid_from, valid_until=valid_until, values=values,
            department=find_department(uow, department),
        )

    one = session.write(make)
    session.give({"id": str(one), "type": type_name}, lambda: click.echo(one))


@relationship.command("end", examples=["xrm relationship end ID", "xrm relationship end ID --until 2026-12-31"])
@click.argument("relationship_id", metavar="ID", type=ID)
@click.option("--until", type=DAY, default="today", show_default=True, help="First day on which it no longer holds.")
@with_session
def end(session: Session, *, relationship_id: uuid.UUID, until: date) -> None:
    """End a relationship; it stays visible as of earlier days."""
    session.write(lambda uow: end_relationship(uow, relationship_id, until))
    session.give({"id": str(relationship_id), "valid_until": until.isoformat()}, lambda: say(f"Ended on {until}."))
