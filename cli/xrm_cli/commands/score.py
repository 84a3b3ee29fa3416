# SPDX-License-Identifier: Apache-2.0
"""``xrm score``: numbers about entities, with their reasons."""

from __future__ import annotations

import uuid
from typing import Any

import click

from xrm.entities.queries import get_entity
from xrm.errors import Message
from xrm.schema.model import Label
from xrm.scores.queries import Score, list_scores
from xrm.scores.running import ModelRun, run_models
from xrm.unit_of_work import UnitOfWork
from xrm_cli.declaring import Noun
from xrm_cli.output import print_table, printable, say
from xrm_cli.session import Session, with_session


@click.group(cls=Noun)
def score() -> None:
    """Scores: run, show."""


@score.command("run", examples=["xrm score run", "xrm score run quality --json"])
@click.argument("model", required=False)
@with_session
def run(session: Session, *, model: str | None) -> None:
    """Compute all scores anew, or those of one model."""
    runs = run_models(session.runtime, session.actor, model, lambda key, count: say(f"{key}: {count}"))
    items = [_run_item(one) for one in runs]
    columns = ("model", "written", "removed", "seconds", "failure")
    session.give({"items": items, "next": None}, lambda: print_table(items, columns))
    if any(one.failure for one in runs):
        raise click.exceptions.Exit(1)


def _run_item(one: ModelRun) -> dict[str, Any]:
    return {
        "model": one.model, "written": one.written, "removed": one.removed, "seconds": round(one.seconds, 2),
        "failure": str(one.failure) if one.failure else None,
    }


@score.command("show", examples=["xrm score show 0192f0c1-7c1e-7d7a-8f7e-1c2b3a4d5e6f --json"])
@click.argument("entity_id", metavar="ENTITY", type=click.UUID)
@with_session
def show(session: Session, *, entity_id: uuid.UUID) -> None:
    """Show the scores of an entity with their reasons, in your language or the instance's."""

    def read(uow: UnitOfWork) -> list[dict[str, Any]]:
        get_entity(uow, entity_id)
        language = uow.parse_context.language
        return [_score_item(one, language) for one in list_scores(uow, entity_id)]

    items = session.read(read)
    session.give({"items": items, "next": None}, lambda: _print_scores(items))


def _score_item(one: Score, language: str) -> dict[str, Any]:
    return {
        "model": one.model.key, "label": one.model.label.get(language), "value": one.value, "maximum": one.model.maximum,
        "band": one.band.key if one.band else None, "band_label": one.band.label.get(language) if one.band else None,
        "department": one.department_name or None,
        "role": str(one.role) if one.role else None, "computed_at": one.computed_at.isoformat(), "version": one.model_version,
        "reasons": [{"text": _text(reason.message, language), "weight": reason.weight} for reason in one.reasons],
    }


def _text(message: Message | Label, language: str) -> str:
    return message.get(language) if isinstance(message, Label) else str(message)


def _print_scores(items: list[dict[str, Any]]) -> None:
    for item in items:
        where = f" ({item['department']})" if item["department"] else ""
        click.echo(printable(f"{item['label']}{where}: {item['value']:g} of {item['maximum']:g}, {item['band_label'] or '-'}"))
        for reason in item["reasons"]:
            click.echo(printable(f"  {reason['weight']:+g}  {reason['text']}"))
    if not items:
        say("There is no score yet. Compute them with: xrm score run")
