# SPDX-License-Identifier: Apache-2.0
"""``xrm interaction``: what was between us and others."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import click

from xrm.entities.queries import get_entity
from xrm.interactions.queries import timeline
from xrm.interactions.service import DIRECTIONS, record_interaction
from xrm.unit_of_work import UnitOfWork
from xrm_cli.choosing import ID, choose_department, department_option
from xrm_cli.declaring import Noun
from xrm_cli.output import print_table
from xrm_cli.session import Session, with_session
from xrm_cli.showing import interaction_as_json

MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


@click.group(cls=Noun)
def interaction() -> None:
    """Interactions: add, list."""


@interaction.command("kinds", examples=["xrm interaction kinds"])
@with_session
def kinds(session: Session) -> None:
    """List all kinds of interaction."""
    found = session.runtime.registry.interaction_kinds.values()
    items = [{"name": one.name, "label": one.label.get("en"), "plugin": one.plugin, "by_hand": one.by_hand} for one in found]
    session.give({"items": items, "next": None}, lambda: print_table(items, ("name", "label", "plugin", "by_hand")))


@interaction.command(
    "add",
    examples=["xrm interaction add note ID --body 'Called back, wants an offer'",
              "xrm interaction add call ID OTHER_ID --subject Renewal --direction out --duration 9 --at 2026-11-20T14:30 --json"],
)
@click.argument("kind")
@click.argument("participants", metavar="ID...", type=ID, nargs=-1, required=True)
@click.option("--subject", default="", help="One line that says what it was about.")
@click.option("--body", default="", help="The text.")
@click.option("--at", type=click.DateTime(MOMENTS), help="When, in the time zone of this machine (default: now).")
@click.option("--channel", default="", help="Channel, such as phone or email.")
@click.option("--direction", type=click.Choice([one for one in DIRECTIONS if one]), help="in: from them, out: to them.")
@click.option("--outcome", default="", help="What came of it.")
@click.option("--duration", type=click.IntRange(0), help="Minutes.")
@department_option()
@with_session
def add(
    session: Session, *, kind: str, participants: tuple[uuid.UUID, ...], subject: str, body: str, at: datetime | None,
    channel: str, direction: str | None, outcome: str, duration: int | None, department: str,
) -> None:
    """Record an interaction with one or several entities."""
    moment = at.astimezone() if at else None

    def record(uow: UnitOfWork) -> uuid.UUID:
        return record_interaction(
            uow, kind, department=choose_department(uow, department), participants=participants, subject=subject, body=body,
            at=moment, channel=channel, direction=direction or "", outcome=outcome, duration=duration,
        )

    one = session.write(record)
    session.give({"id": str(one), "type": kind}, lambda: click.echo(one))


@interaction.command("list", examples=["xrm interaction list ID", "xrm interaction list ID --type call --json"])
@click.argument("entity_id", metavar="ID", type=ID, required=False)
@click.option("--entity", "entity_option", metavar="ID", type=ID, help="The same as ID.")
@click.option("--type", "kind", metavar="KIND", default="", help="Of this kind only.")
@click.option("--limit", type=click.IntRange(1, 1000), default=30, show_default=True, help="How many at most.")
@click.option("--after", metavar="CURSOR", help="Continue where the page before ended.")
@with_session
def list_command(
    session: Session, *, entity_id: uuid.UUID | None, entity_option: uuid.UUID | None, kind: str, limit: int, after: str | None
) -> None:
    """List the interactions of an entity, newest first."""
    about = entity_id or entity_option
    if about is None or (entity_id and entity_option and entity_id != entity_option):
        raise click.UsageError("Say of which one entity: xrm interaction list ID (xrm search TEXT finds it).")
    before = _read_cursor(after) if after else None

    def describe(uow: UnitOfWork) -> tuple[list[dict[str, Any]], str | None]:
        get_entity(uow, about)
        page = timeline(uow, about, before=before, limit=limit, kind=kind)
        following = f"{page.next[0].isoformat()}/{page.next[1]}" if page.next else None
        return [interaction_as_json(uow, one) for one in page.items], following

    items, following = session.read(describe)
    session.give_list(items, ("at", "type", "title", "direction", "created_by", "department_name", "id"), following)


def _read_cursor(text: str) -> tuple[datetime, uuid.UUID]:
    try:
        moment, _, one = text.partition("/")
        return datetime.fromisoformat(moment), uuid.UUID(one)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no cursor. Take it from the page before.", param_hint="--after") from error
