# SPDX-License-Identifier: Apache-2.0
"""What the demo is made with: the units of work, the dice, the departments and users, and writing in batches."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from xrm.access.models import user
from xrm.access.service import add_member, create_user, give
from xrm.departments.queries import get_tree
from xrm.departments.service import create_department
from xrm.entities.drafts import EntityDraft
from xrm.entities.service import create_entities, prepare
from xrm.errors import Conflict, msg
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

BATCH = 500
YEARS = 10
DEPARTMENTS = {
    "en": ("Sales", "Press and public affairs", "Customer service"),
    "fr": ("Ventes", "Presse et affaires publiques", "Service client"),
}
COLLEAGUES = (
    ("anna.keller@example.org", "Anna Keller", 0), ("marc.aubert@example.org", "Marc Aubert", 0),
    ("nora.walsh@example.org", "Nora Walsh", 1), ("sami.haddad@example.org", "Sami Haddad", 2),
)


@dataclass
class Plan:
    """One run: everything drawn from ``dice`` is the same every time; days are counted back from today."""

    runtime: Runtime
    today: date
    password: str | None
    dice: random.Random = field(default_factory=lambda: random.Random(1926))  # noqa: S311  # made-up data
    actor: Actor = field(default_factory=lambda: system_actor("demo"))
    departments: list[uuid.UUID] = field(default_factory=list)
    owners: list[uuid.UUID] = field(default_factory=list)
    people: list[uuid.UUID] = field(default_factory=list)
    organizations: list[uuid.UUID] = field(default_factory=list)
    journalists: list[uuid.UUID] = field(default_factory=list)
    outlets: list[uuid.UUID] = field(default_factory=list)
    names: dict[uuid.UUID, str] = field(default_factory=dict)

    def has(self, *types: str) -> bool:
        """Whether these types are there: a demo without a plugin leaves out what needs it."""
        return all(name in self.runtime.registry.entity_types for name in types)

    def write(self, function: Callable[[UnitOfWork], Any]) -> Any:
        """Run one unit of work as the demo's actor."""
        return self.runtime.write(function, self.actor)

    def in_batches(
        self, items: Sequence[Any], function: Callable[[UnitOfWork, Sequence[Any]], list[uuid.UUID]]
    ) -> list[uuid.UUID]:
        """Run ``function`` over the items, one unit of work per batch; the ids it gave, in order."""
        found: list[uuid.UUID] = []
        for start in range(0, len(items), BATCH):
            part = items[start : start + BATCH]
            found += self.write(lambda uow, part=part: function(uow, part))  # type: ignore[misc]  # a default of a lambda has no type
        return found

    def create(self, type_name: str, rows: Sequence[tuple[dict[str, Any], uuid.UUID, uuid.UUID | None]]) -> list[uuid.UUID]:
        """Create entities from (values, department, owner)."""

        def create(uow: UnitOfWork, part: Sequence[Any]) -> list[uuid.UUID]:
            drafts: list[EntityDraft] = [
                prepare(uow, type_name, values, department=department, owner=owner) for values, department, owner in part
            ]
            return create_entities(uow, drafts)

        return self.in_batches(rows, create)

    def day(self, earliest: int = YEARS * 365, latest: int = 0) -> date:
        """A day between so many days ago and so many days ago, the recent ones more often."""
        span = earliest - latest
        return self.today - timedelta(days=latest + int(span * self.dice.random() ** 1.7))

    def moment(self, day: date) -> datetime:
        """A moment in office hours of that day."""
        return datetime.combine(day, time(self.dice.randint(8, 17), self.dice.choice((0, 5, 10, 15, 30, 45))), UTC)

    def owner(self) -> uuid.UUID:
        """Somebody in charge; one colleague has a third of everything."""
        return self.owners[0] if self.dice.random() < 0.33 else self.dice.choice(self.owners)


def prepare_places(plan: Plan) -> None:
    """Departments, colleagues and their rights.

    Raises:
        Conflict: when the demo was built here before.
    """

    def make(uow: UnitOfWork) -> None:
        tree = get_tree(uow)
        known = {item.name: item.id for item in tree.by_id.values()}
        names = DEPARTMENTS.get(uow.settings.language, DEPARTMENTS["en"])
        if any(one[1] in known for one in DEPARTMENTS.values()):
            raise Conflict(msg("This instance has the demo already. Use another folder: XRM_HOME=… xrm demo"))
        plan.departments = [known.get(name) or create_department(uow, name) for name in names]
        administrators = uow.execute(select(user.c.id).order_by(user.c.id)).scalars().all()
        for administrator in administrators:
            for department in plan.departments:
                add_member(uow, administrator, department)
        plan.owners = []
        for email, name, place in COLLEAGUES:
            one = create_user(uow, email, name=name, password=plan.password, language="fr" if place != 1 else "en")
            add_member(uow, one, plan.departments[place])
            give(uow, one, "editor", department=plan.departments[place])
            plan.owners.append(one)

    plan.write(make)
