# SPDX-License-Identifier: Apache-2.0
"""Who works where, who knows whom, who supplies what: the relationships of the demo over ten years."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from xrm.relationships.batch import RelationshipDraft, relate_many
from xrm.unit_of_work import UnitOfWork
from xrm_cli.demo import names
from xrm_cli.demo.plan import Plan

KNOWS = 1400
BIG_ACCOUNT_CONTACTS = 2000


def relate_everything(plan: Plan) -> None:
    """About five thousand relationships; one account has two thousand contacts."""
    drafts = [*_jobs(plan), *_hierarchy(plan), *_companies(plan), *_acquaintances(plan), *_press(plan)]
    drafts = list({(one.type, *sorted((one.source, one.target))): one for one in drafts}.values())

    def relate(uow: UnitOfWork, part: Sequence[RelationshipDraft]) -> list[uuid.UUID]:
        return relate_many(uow, part)

    plan.in_batches(drafts, relate)


def _jobs(plan: Plan) -> list[RelationshipDraft]:
    dice = plan.dice
    found = []
    for one in plan.people[130:]:
        title, function = dice.choice(names.JOBS)
        since = plan.day()
        until = None
        if dice.random() < 0.15 and (plan.today - since).days > 90:
            until = plan.day(earliest=(plan.today - since).days - 1, latest=1)
        values: dict[str, Any] = {"job_title": title, "function": function, "main": True}
        found.append(RelationshipDraft("works_for", one, dice.choice(plan.organizations[3:]), since, until, values=values))
    # The account that everybody deals with.
    for one in (plan.people * 2)[:BIG_ACCOUNT_CONTACTS]:
        topic = {"topic": dice.choice(("general", "purchasing", "billing", "delivery"))}
        kind = "contact_for" if len(found) % 2 else "works_for"
        values = topic if kind == "contact_for" else {"job_title": dice.choice(names.JOBS)[0]}
        found.append(RelationshipDraft(kind, one, plan.organizations[0], plan.day(), values=values))
    return found


def _hierarchy(plan: Plan) -> list[RelationshipDraft]:
    dice = plan.dice
    employees = plan.people[90:130]
    found = [RelationshipDraft("works_for", one, plan.organizations[2], plan.day(), values={"main": True}) for one in employees]
    found += [
        RelationshipDraft("reports_to", one, employees[number // 5], plan.day()) for number, one in enumerate(employees[1:])
    ]
    for number in range(3, 60, 3):
        share = {"share": str(dice.choice((51, 60, 75, 100)))}
        child, parent = plan.organizations[number + 1], plan.organizations[number // 2]
        found.append(RelationshipDraft("subsidiary_of", child, parent, values=share))
    return found


def _companies(plan: Plan) -> list[RelationshipDraft]:
    dice = plan.dice
    found = []
    for _ in range(500):
        one, other = dice.sample(plan.organizations[3:], 2)
        found.append(RelationshipDraft(dice.choice(("supplies", "competitor_of", "partner_of")), one, other, plan.day()))
    for one in plan.organizations[23::23]:
        territory = dice.choice(("Rhône-Alpes", "Suisse romande", "Scotland", "Wallonie"))
        values = {"territory": territory, "exclusive": dice.random() < 0.3}
        found.append(RelationshipDraft("distributes_for", one, plan.organizations[2], plan.day(), values=values))
    members = dice.sample(plan.people, 60)
    found += [RelationshipDraft("board_member_of", one, dice.choice(plan.organizations), plan.day()) for one in members]
    return found


def _acquaintances(plan: Plan) -> list[RelationshipDraft]:
    dice = plan.dice
    found = []
    for _ in range(KNOWS):
        one, other = dice.sample(plan.people, 2)
        strength = dice.choice(("slight", "acquainted", "good", "close"))
        values = {"strength": strength, "how": dice.choice(("work", "studies", "event"))}
        found.append(RelationshipDraft("knows", one, other, plan.day(), values=values))
    return found


def _press(plan: Plan) -> list[RelationshipDraft]:
    dice = plan.dice
    covered = [plan.organizations[2], *plan.organizations[10:40]]
    drafts = [
        RelationshipDraft("covers", one, dice.choice(covered), plan.day(), values={"beat": dice.choice(names.INTERESTS)})
        for one in plan.journalists
    ]
    if plan.outlets:
        for one in plan.journalists:
            begin = plan.today - timedelta(days=dice.randint(30, 2500))
            drafts.append(RelationshipDraft("writes_for", one, dice.choice(plan.outlets), begin))
    return drafts
