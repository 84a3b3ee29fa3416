# SPDX-License-Identifier: Apache-2.0
"""What happened: interactions, and the records of the plugins that are there."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from xrm.interactions.service import InteractionDraft, record_interactions
from xrm.unit_of_work import UnitOfWork
from xrm_cli.demo import names
from xrm_cli.demo.plan import Plan

INTERACTIONS = 20_000


def record_all_interactions(plan: Plan) -> None:
    """Twenty thousand over ten years; a few parties have most of them, as life is."""
    dice = plan.dice
    parties = [*plan.organizations, *plan.people]
    weights = [1 / (position + 3) for position in range(len(parties))]
    dice.shuffle(parties)
    chosen = dice.choices(parties, weights, k=INTERACTIONS)
    drafts = []
    for one in chosen:
        kind, subject, body = dice.choice(names.NOTES)
        participants = (one,) if dice.random() < 0.6 else tuple(dict.fromkeys((one, dice.choice(plan.people))))
        department, at = dice.choices(plan.departments, (6, 2, 3))[0], plan.moment(plan.day())
        direction = dice.choice(("in", "out", ""))
        duration = dice.choice((5, 10, 20, 45)) if kind in {"call", "meeting"} else None
        drafts.append(
            InteractionDraft(kind, department, participants, subject, body, at, direction=direction, duration=duration)
        )

    def record(uow: UnitOfWork, part: Sequence[InteractionDraft]) -> list[uuid.UUID]:
        return record_interactions(uow, part)

    plan.in_batches(drafts, record)


def create_press(plan: Plan) -> None:
    """Outlets, releases and coverage."""
    if not plan.has("outlet", "release", "coverage"):
        return
    dice, press = plan.dice, plan.departments[1]
    languages = {"FR": "fr", "BE": "fr", "CH": "fr", "GB": "en"}
    rows: list[Any] = [
        ({"name": name, "kind": kind, "reach": reach, "audience": audience, "country": country, "language": languages[country],
          "attitude": dice.choice(("friendly", "neutral", "neutral", "critical"))}, press, plan.owners[2])
        for name, kind, reach, audience, country in names.OUTLETS
    ]
    plan.outlets = plan.create("outlet", rows)
    rows = [
        ({"headline": headline, "stage": "sent" if number else "approved", "sent_on": plan.day() if number else None,
          "summary": f"{headline}. Atelier Morel, 1926–2026.", "spokesperson": plan.people[90],
          "embargo_until": None if number else plan.moment(plan.today + timedelta(days=6))}, press, plan.owners[2])
        for number, headline in enumerate(names.RELEASES)
    ]
    releases = plan.create("release", rows)
    rows = []
    for number in range(140):
        release = number % len(names.RELEASES)
        outlet = dice.randrange(len(plan.outlets))
        values = {
            "headline": f"{names.RELEASES[release]}, vu par {names.OUTLETS[outlet][0]}", "outlet": plan.outlets[outlet],
            "published_on": plan.day(earliest=1500), "tone": dice.choice(("good", "neutral", "neutral", "mixed", "bad")),
            "reach": names.OUTLETS[outlet][3], "release": releases[release], "author": dice.choice(plan.journalists),
        }
        rows.append((values, press, plan.owners[2]))
    plan.create("coverage", rows)


def create_sales(plan: Plan) -> None:
    """Products, opportunities at every stage, quotes with lines."""
    if not plan.has("opportunity", "product", "quote", "quote_line"):
        return
    dice, sales = plan.dice, plan.departments[0]
    rows: list[Any] = [
        ({"code": f"AM-{number:03}", "name": name, "kind": kind, "price": str(price), "status": "active"}, sales, None)
        for number, (name, kind, price) in enumerate(names.PRODUCTS)
    ]
    products = plan.create("product", rows)
    rows = []
    stages = ("lead", "qualified", "needs", "proposal", "negotiation", "won", "lost")
    for _ in range(160):
        stage = dice.choices(stages, (5, 5, 4, 4, 3, 6, 4))[0]
        customer = dice.choice(plan.organizations)
        values: dict[str, Any] = {
            "name": _opportunity_name(plan), "customer": customer, "stage": stage,
            "amount": str(dice.randint(2, 220) * 500),
            "close_date": plan.today + timedelta(days=dice.randint(-60, 180)), "products": [dice.choice(products)],
        }
        if stage in {"won", "lost"}:
            values["closed_on"] = plan.day(earliest=700)
        if stage == "lost":
            values["lost_reason"] = dice.choice(("price", "delay", "competitor", "budget"))
        rows.append((values, sales, plan.owner()))
    opportunities = plan.create("opportunity", rows)
    _create_quotes(plan, opportunities, [row[0]["customer"] for row in rows], products)


def _opportunity_name(plan: Plan) -> str:
    # Not the customer's name: who may see the opportunity and not the customer would read it there.
    product, season = plan.dice.choice(names.PRODUCTS)[0], plan.dice.choice(("printemps", "été", "automne", "hiver"))
    return f"{product} – {season} {plan.today.year}"


def _create_quotes(plan: Plan, opportunities: Sequence[Any], customers: Sequence[Any], products: Sequence[Any]) -> None:
    dice, sales = plan.dice, plan.departments[0]
    rows: list[Any] = []
    lines: list[list[dict[str, Any]]] = []
    for number in range(60):
        chosen = [dice.randrange(len(products)) for _ in range(dice.randint(1, 4))]
        made = [
            {"position": place, "product": products[one], "quantity": str(dice.randint(1, 40)),
             "unit_price": str(names.PRODUCTS[one][2])}
            for place, one in enumerate(chosen, start=1)
        ]
        total = sum(int(line["quantity"]) * int(line["unit_price"]) for line in made)
        issued = plan.day(earliest=300)
        values = {
            "number": f"D-{plan.today.year}-{number:04}", "customer": customers[number], "opportunity": opportunities[number],
            "status": dice.choice(("draft", "sent", "sent", "expired")), "issued_on": issued,
            "valid_to": issued + timedelta(days=45), "net_amount": str(total), "total": str(total),
        }
        rows.append((values, sales, plan.owner()))
        lines.append(made)
    quotes = plan.create("quote", rows)
    rows = [({**line, "quote": one}, sales, None) for one, made in zip(quotes, lines, strict=True) for line in made]
    plan.create("quote_line", rows)


def create_service(plan: Plan) -> None:
    """Cases open and solved, and promises kept and broken."""
    if not plan.has("case", "promise"):
        return
    dice, service = plan.dice, plan.departments[2]
    rows: list[Any] = []
    for number in range(220):
        subject, kind, priority = dice.choice(names.CASES)
        opened = plan.day(earliest=900)
        values: dict[str, Any] = {
            "number": f"S{number:05}", "subject": subject, "kind": kind, "priority": priority, "opened_on": opened,
            "requester": dice.choice([*plan.organizations, *plan.people]), "due_on": opened + timedelta(days=5),
            "status": dice.choices(("new", "in_progress", "waiting_customer", "resolved", "closed"), (2, 3, 2, 4, 6))[0],
        }
        if values["status"] in {"resolved", "closed"}:
            solved = opened + timedelta(days=dice.randint(0, 12))
            values |= {"resolution": "Échange effectué, client informé.", "resolved_on": solved}
        rows.append((values, service, plan.owner()))
    plan.create("case", rows)
    rows = []
    for _ in range(60):
        state = dice.choice(("open", "kept", "kept", "broken"))
        made = plan.day(earliest=400)
        what = dice.choice(("Rappeler avant vendredi", "Send the certificate", "Remise de 5 % sur la prochaine commande"))
        values = {"what": what, "promised_to": dice.choice(plan.organizations), "made_on": made,
                  "due_on": made + timedelta(days=10), "state": state}
        if state != "open":
            values["settled_on"] = made + timedelta(days=8)
        if state == "broken":
            values["broken_reason"] = "Oubli"
        rows.append((values, service, plan.owner()))
    plan.create("promise", rows)
