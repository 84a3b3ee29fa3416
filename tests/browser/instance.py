# SPDX-License-Identifier: Apache-2.0
"""The small instance that the browser walks through: a user, a company with roles and history, a person, a deal, a quote."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from xrm.access.service import add_member, create_shipped_sets, create_user, give
from xrm.contact_points.service import add_contact_point
from xrm.departments.service import create_department
from xrm.entities.service import create_entity
from xrm.interactions.service import record_interaction
from xrm.relationships.service import relate
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork, system_actor

PASSWORD = "correct horse battery staple"  # of an instance that lives for one test


class Small(NamedTuple):
    """What is in the instance."""

    email: str
    user: UUID
    company: UUID
    person: UUID
    opportunity: UUID
    quote: UUID

    @property
    def paths(self) -> dict[str, str]:
        """The pages to look at, by name."""
        company = f"/base/organization/{self.company}"
        return {
            "home": "/",
            "settings": "/me",
            "tokens": "/me/tokens",
            "invitations": "/admin/people/invite",
            "help": "/help",
            "list": "/base/organization",
            "roles": "/base/customer",
            "search": "/search?q=papier",
            "company": company,
            "person": f"/base/person/{self.person}",
            "opportunity": f"/sales/opportunity/{self.opportunity}",
            "quote": f"/sales/quote/{self.quote}",
            "new": "/base/person/new",
            "edit": f"{company}/edit",
            "add role": f"{company}/roles/add",
            "role form": f"{company}/roles/add?role=customer",
            "add relationship": f"{company}/relationships/add",
            "relationship form": f"{company}/relationships/add?kind=works_for:reverse",
            "contact point form": f"{company}/contact-points/add",
            "not found": "/base/person/00000000-0000-7000-8000-000000000000",
        }


def fill(runtime: Runtime) -> Small:
    """Fill an empty instance."""
    return runtime.write(_fill, system_actor())


def _fill(uow: UnitOfWork) -> Small:
    sales = create_department(uow, "Sales")
    press = create_department(uow, "Press")
    create_shipped_sets(uow)
    user = create_user(uow, "anna@example.org", name="Anna Moreau", password=PASSWORD)
    give(uow, user, "administrator", depth="all")
    add_member(uow, user, sales)
    company = create_entity(uow, "organization", {"name": "Papier & Fils"}, department=sales, identifiers={"old crm": "4711"})
    person = create_entity(uow, "person", {"first_name": "Nadia", "last_name": "Lefèvre"}, department=sales)
    start_role(uow, company, "customer", {"number": "C-1"}, department=sales, since=date(2020, 1, 1), owner=user)
    start_role(uow, company, "distributor", {}, department=press, since=date(2021, 1, 1), until=date(2023, 1, 1))
    relate(uow, "works_for", person, company, values={"job_title": "Buyer"}, valid_from=date(2020, 1, 1))
    for kind, value in (("email", "hello@example.org"), ("phone", "+33 2 38 00 00 00"), ("url", "https://example.org")):
        add_contact_point(uow, company, kind, value, preferred=kind == "email")
    now = datetime.now(UTC)
    for number, kind in enumerate(("note", "call", "meeting", "message")):
        body = "A first line.\n\nThen more of it.\n\nAnd the end." * (number + 1)
        at = now - timedelta(days=number)
        record_interaction(uow, kind, department=sales, participants=[company, person], subject="Paper", body=body, at=at)
    values = {"name": "Spring catalogue", "customer": str(company), "stage": "lead"}
    deal = create_entity(uow, "opportunity", values, department=sales)
    quote = create_entity(uow, "quote", {"number": "Q-1", "customer": str(company), "opportunity": str(deal)}, department=sales)
    line = {"quote": str(quote), "description": "Paper, 120 g", "quantity": "3", "unit_price": "2"}
    create_entity(uow, "quote_line", line, department=sales)
    return Small("anna@example.org", user, company, person, deal, quote)
