# SPDX-License-Identifier: Apache-2.0
"""What the press plugin shows on the pages of others: a panel for parties, outlets and releases, a card on the home page."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from xrm.plugin_api import (
    Card,
    Entity,
    Link,
    LinksBlock,
    ListBlock,
    MetricBlock,
    Panel,
    RelatedBlock,
    TextBlock,
    UnitOfWork,
    label,
    select,
)

Blocks = list[Any]
NOTHING = label("No coverage yet.", "Aucune retombée pour le moment.")


def panels_for(entity: Entity) -> list[Panel]:
    """The panel of this entity; only where the press has something to say."""
    build = {"person": _of_person, "outlet": _of_outlet, "release": _of_release}.get(entity.type)
    if build is None:
        return []

    def later(uow: UnitOfWork) -> Blocks:
        return build(uow, entity.id)

    return [Panel("press", label("Press", "Presse"), build=later, icon="newspaper", permission="coverage:read")]


def cards() -> list[Card]:
    """The month in the press."""
    name = label("Press this month", "La presse ce mois-ci")
    return [Card("press-month", name, build=_month, icon="newspaper", permission="coverage:read")]


def _of_person(uow: UnitOfWork, person: uuid.UUID) -> Blocks:
    return [RelatedBlock("writes_for"), *_coverage(uow, "author", person), RelatedBlock("offered_to")]


def _of_outlet(uow: UnitOfWork, outlet: uuid.UUID) -> Blocks:
    return [*_coverage(uow, "outlet", outlet), RelatedBlock("writes_for")]


def _of_release(uow: UnitOfWork, release: uuid.UUID) -> Blocks:
    return [*_coverage(uow, "release", release), RelatedBlock("offered_to")]


def _coverage(uow: UnitOfWork, field: str, value: uuid.UUID) -> Blocks:
    rows = select(uow, "coverage", [field, "tone", "reach"]).subquery()
    counts = sa.select(
        sa.func.count(), sa.func.sum(sa.case((rows.c.tone == "bad", 1), else_=0)), sa.func.coalesce(sa.func.sum(rows.c.reach), 0)
    ).where(rows.c[field] == value)
    total, bad, reach = tuple(uow.execute(counts).one())
    if not total:
        return [TextBlock(NOTHING)]
    found: Blocks = [MetricBlock(label("Pieces of coverage", "Retombées"), int(total), hint=_hint(int(bad or 0), int(reach)))]
    mine = ((field, "eq", value),)
    found.append(ListBlock("coverage", filters=mine, columns=("published_on", "tone"), sort=("-published_on",)))
    return found


def _hint(bad: int, reach: int) -> Any:
    return label(
        f"{bad} negative · reach {reach:,}", f"{bad} négative{'s' if bad > 1 else ''} · audience {reach:,}".replace(",", "\u202f")
    )


def _month(uow: UnitOfWork) -> Blocks:
    rows = select(uow, "coverage", ["tone"], where="published_on >= today() - 30").subquery()
    total, bad = tuple(uow.execute(sa.select(sa.func.count(), sa.func.sum(sa.case((rows.c.tone == "bad", 1), else_=0)))).one())
    waiting = select(uow, "release", ["id"], where="embargo_until > now()").subquery()
    embargoed = uow.execute(sa.select(sa.func.count()).select_from(waiting)).scalar_one()
    metrics: list[tuple[Any, int, Callable[[int], str]]] = [
        (label("Coverage in 30 days", "Retombées en 30 jours"), int(total), lambda _: "neutral"),
        (label("Negative", "Négatives"), int(bad or 0), lambda count: "bad" if count else "good"),
        (label("Under embargo", "Sous embargo"), int(embargoed), lambda count: "info" if count else "neutral"),
    ]
    blocks: Blocks = [MetricBlock(name, count, tone=tone(count)) for name, count, tone in metrics]  # type: ignore[arg-type]
    more = Link(label("Press review", "Revue de presse"), list_of="coverage", view="recent")
    return [*blocks, LinksBlock((more,))]
