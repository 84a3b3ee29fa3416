# SPDX-License-Identifier: Apache-2.0
"""The people and organizations of the demo, their roles and contact points."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from xrm.contact_points.service import add_checked
from xrm.contact_points.service import prepare as prepare_contact_point
from xrm.folding import words
from xrm.roles.service import prepare as prepare_role
from xrm.roles.service import start_roles
from xrm.unit_of_work import UnitOfWork
from xrm_cli.demo import names
from xrm_cli.demo.plan import Plan

RoleToStart = tuple[uuid.UUID, str, dict[str, Any], uuid.UUID, date, date | None]  # party, role, values, department, period
ORGANIZATIONS = 620
PEOPLE = 1400
BIG_ACCOUNT = 0  # the one that everybody deals with
OWN_COMPANY = 2  # the company whose demo this is
LONG_NAME = (
    "Établissement public interrégional pour la coordination des équipements de sécurité en haute montagne, des refuges "
    "et des sentiers transfrontaliers (Alpes du Nord, Jura et Vosges)"
)
KNOWN_NAMES = {BIG_ACCOUNT: "Grandes Surfaces Réunies SA", 1: LONG_NAME, OWN_COMPANY: "Atelier Morel SAS", 3: "Éclat"}


def create_organizations(plan: Plan) -> None:
    """Companies, associations and public bodies; each at home in one department."""
    rows = []
    for number in range(ORGANIZATIONS):
        values = _organization(plan, number)
        rows.append((values, _home(plan), plan.owner()))
    plan.organizations = plan.create("organization", rows)
    plan.names.update(zip(plan.organizations, (row[0]["name"] for row in rows), strict=True))


def _organization(plan: Plan, number: int) -> dict[str, Any]:
    dice = plan.dice
    city, country, _ = dice.choice(names.CITIES)
    trade, sector = dice.choice(names.COMPANY_TRADES)
    form = dice.choice(names.FORMS.get(country, ("SA", "Sàrl")))
    name = f"{dice.choice(names.COMPANY_STEMS)} {trade} {form}"
    if number % 4 == 0:
        name = f"{dice.choice(names.FAMILY)} {trade} {form}"
    name = KNOWN_NAMES.get(number, name)
    values: dict[str, Any] = {
        "name": name,
        "kind": "company",
        "sector": sector, "city": city, "country": country,
    }
    if number % 9 == 0 and number != BIG_ACCOUNT:
        values["kind"] = dice.choice(("association", "public_body", "local_authority", "foundation"))
    if dice.random() < 0.7:
        people = int(10 ** dice.uniform(0.3, 3.6))
        values |= {"employees": people, "size": _size(people), "revenue": str(people * dice.randint(60, 240) * 1000)}
    if dice.random() < 0.5:
        values["website"] = f"https://www.{'-'.join(words(name)[:2])}.example"
    if number == BIG_ACCOUNT:
        values |= {"sector": "trade", "city": "Lyon", "country": "FR", "employees": 11400, "size": "large",
                   "revenue": "2860000000"}
    elif number == OWN_COMPANY:
        values |= {"sector": "manufacturing", "city": "Grenoble", "country": "FR", "employees": 184, "size": "medium",
                   "revenue": "31200000", "founded_on": date(1926, 3, 1), "kind": "company"}
    elif dice.random() < 0.4:
        values["founded_on"] = plan.today.replace(year=dice.randint(1890, plan.today.year - 1), month=dice.randint(1, 12), day=1)
    return values


def _size(people: int) -> str:
    for limit, name in ((10, "micro"), (50, "small"), (250, "medium"), (5000, "intermediate")):
        if people < limit:
            return name
    return "large"


def create_people(plan: Plan) -> None:
    """Contacts, journalists, colleagues, neighbours: some known well, some by name only."""
    rows = [(_person(plan), _home(plan), plan.owner()) for _ in range(PEOPLE)]
    plan.people = plan.create("person", rows)
    plan.names.update(zip(plan.people, (f"{row[0].get('first_name', '')} {row[0]['last_name']}" for row in rows), strict=True))


def _person(plan: Plan) -> dict[str, Any]:
    dice = plan.dice
    is_woman = dice.random() < 0.5
    family = dice.choice(names.PARTICLES) if dice.random() < 0.02 else dice.choice(names.FAMILY)
    city, country, _ = dice.choice(names.CITIES)
    values: dict[str, Any] = {
        "salutation": "ms" if is_woman else "mr", "first_name": dice.choice(names.WOMEN if is_woman else names.MEN),
        "last_name": family, "sex": "female" if is_woman else "male",
    }
    if dice.random() < 0.75:
        language = "fr" if country in {"FR", "BE", "CH", "LU", "CA"} else "en"
        values |= {"city": city, "country": country, "preferred_language": language}
    if dice.random() < 0.35:
        values["birth_date"] = plan.today - timedelta(days=dice.randint(20 * 365, 80 * 365))
    if dice.random() < 0.25:
        values["interests"] = dice.sample(names.INTERESTS, dice.randint(1, 3))
    if dice.random() < 0.03:
        values |= {"do_not_contact": True, "do_not_contact_reason": "Demande écrite"}
    return values


def _home(plan: Plan) -> uuid.UUID:
    return plan.dice.choices(plan.departments, (6, 2, 2))[0]


def start_all_roles(plan: Plan) -> None:
    """What the parties are to the departments: open, ended, to come; several at once, the same twice."""
    plan.journalists = plan.people[:90]
    asked = [role for number, one in enumerate(plan.organizations) for role in _roles_of_organization(plan, one, number)]
    asked += [*_roles_of_people(plan), *_periods(plan)]
    plan.in_batches(asked, lambda uow, part: _start(plan, uow, part))


def _roles_of_organization(plan: Plan, one: uuid.UUID, number: int) -> Iterator[RoleToStart]:
    dice = plan.dice
    sales, press, service = plan.departments
    if number % 10 < 6 and number != OWN_COMPANY:
        yield _customer(plan, one, sales, number)
    if number % 10 == 1:
        yield _customer(plan, one, service, number + 5000)
    if number % 7 == 0:
        kind = dice.choice(("supplier", "reseller", "technology", "referral", "consultant"))
        yield (one, "partner", {"number": f"P{number:04}", "kind": kind, "status": "active"}, sales, plan.day(), None)
    if number % 23 == 0:
        values = {"kind": dice.choice(("wholesaler", "retailer", "agent", "carrier")), "status": "active"}
        yield (one, "distributor", values, service, plan.day(), None)
    if number % 41 == 0:
        stands = dice.choice(("ally", "neutral", "opponent"))
        lobbying = {"kind": "trade_association", "topics": ["montagne", "sécurité"], "stands": stands}
        yield (one, "lobbyist", lobbying, press, plan.day(), None)


def _roles_of_people(plan: Plan) -> Iterator[RoleToStart]:
    dice = plan.dice
    sales, press, _ = plan.departments
    for one in plan.journalists:
        kind = dice.choice(("journalist", "freelance", "editor"))
        values: dict[str, Any] = {"kind": kind, "beats": dice.sample(names.INTERESTS, 2)}
        yield (one, "press_contact", values, press, plan.day(), None)
    for number, one in enumerate(plan.people[90:130]):
        title = dice.choice(names.JOBS)[0]
        values = {"number": f"E{number:03}", "job_title": title, "status": "active", "contract_type": "permanent"}
        yield (one, "employee", values, dice.choice(plan.departments), plan.day(), None)
    for number, one in enumerate(plan.people[130:400]):
        values = {"number": f"K{number:05}", "segment": "private", "status": "active"}
        yield (one, "customer", values, sales, plan.day(), None)


def _customer(plan: Plan, one: uuid.UUID, department: uuid.UUID, number: int) -> RoleToStart:
    dice = plan.dice
    since = plan.day()
    until = None
    values: dict[str, Any] = {
        "number": f"C{number:05}", "status": "active", "segment": dice.choice(("key_account", "mid_market", "small_business")),
        "tier": dice.choices(("platinum", "gold", "silver", "bronze"), (1, 3, 6, 10))[0],
        "payment_terms": dice.choice(("net_30", "end_of_month_45")),
        "credit_limit": str(dice.choice((1000, 5000, 20000, 100000))),
        "lifecycle_stage": dice.choice(("new", "developing", "loyal", "at_risk")),
    }
    if number % 17 == 0 and number != BIG_ACCOUNT and (plan.today - since).days > 60:
        until = plan.day(earliest=(plan.today - since).days - 1, latest=1)
        values |= {"status": "closed", "lifecycle_stage": "lost", "lost_reason": dice.choice(("price", "competitor", "closed"))}
    return (one, "customer", values, department, since, until)


def _periods(plan: Plan) -> Iterator[RoleToStart]:
    """Roles that were taken up again, and some that begin next month."""
    sales = plan.departments[0]
    for number, one in enumerate(plan.organizations[6::60]):
        begin, end, again = (plan.today - timedelta(days=days) for days in (3000, 1900, 700))
        yield (one, "customer", {"number": f"A{number:04}", "status": "closed"}, sales, begin, end)
        yield (one, "customer", {"number": f"B{number:04}", "status": "active"}, sales, again, None)
    for number, one in enumerate(plan.organizations[8::90]):
        values = {"number": f"F{number:04}", "kind": "reseller"}
        yield (one, "partner", values, sales, plan.today + timedelta(days=30), None)


def _start(plan: Plan, uow: UnitOfWork, part: Sequence[Any]) -> list[uuid.UUID]:
    return start_roles(
        uow,
        [
            prepare_role(uow, party, role_type, values, department=department, since=since, until=until, owner=plan.owner())
            for party, role_type, values, department, since, until in part
        ],
    )


def add_contact_points(plan: Plan) -> None:
    """E-mail, telephone and postal addresses, most of them; some parties have none."""
    dice = plan.dice
    asked: list[tuple[uuid.UUID, str, Any]] = []
    for one in [*plan.organizations, *plan.people]:
        parts = words(plan.names[one])[:2]
        if dice.random() < 0.8:
            asked.append((one, "email", f"{'.'.join(parts) or 'contact'}@{'mail' if one in plan.people else 'office'}.example"))
        if dice.random() < 0.6:
            asked.append((one, "phone", f"+33 4 76 {dice.randint(10, 99)} {dice.randint(10, 99)} {dice.randint(10, 99)}"))
        if dice.random() < 0.5:
            city, country, code = dice.choice(names.CITIES)
            street = f"{dice.randint(1, 140)} {dice.choice(names.STREETS)}"
            asked.append((one, "postal", {"street": street, "postal_code": code, "city": city, "country": country}))

    def add(uow: UnitOfWork, part: Sequence[Any]) -> list[uuid.UUID]:
        return add_checked(uow, [prepare_contact_point(uow, one, kind, value, lenient=True) for one, kind, value in part])

    plan.in_batches(asked, add)
