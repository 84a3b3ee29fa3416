# SPDX-License-Identifier: Apache-2.0
"""A whole company from its own files: customers, suppliers, shippers, employees and orders, imported twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.access import Departments
from xrm.entities.listing import ListQuery
from xrm.entities.queries import count_entities, list_entities
from xrm.identifiers.queries import find_by_identifier
from xrm.imports.report import ImportReport
from xrm.imports.run import run_import
from xrm.interactions.queries import timeline
from xrm.relationships.queries import list_relationships
from xrm.runtime import Runtime
from xrm.search.queries import search
from xrm.unit_of_work import Actor, UnitOfWork

HERE = Path(__file__).parent
DATA = HERE.parents[1].parent / "shared" / "data" / "northwind"
FILES = ("customers", "suppliers", "shippers", "employees", "orders")

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the Northwind data is not there: {DATA}")


def import_all(runtime: Runtime, actor: Actor, departments: Departments) -> dict[str, ImportReport]:
    return {
        name: run_import(runtime, actor, DATA / f"{name}.csv", HERE / f"{name}.yaml", department=departments.sales)
        for name in FILES
    }


@pytest.fixture
def reports(runtime: Runtime, admin: Actor, departments: Departments) -> dict[str, ImportReport]:
    return import_all(runtime, admin, departments)


def test_every_row_of_every_file_is_imported(
    reports: dict[str, ImportReport], runtime: Runtime, admin: Actor
) -> None:
    def count(uow: UnitOfWork) -> dict[str, int]:
        suppliers = ListQuery("partner", where='kind == "supplier"')
        carriers = ListQuery("distributor", where='kind == "carrier"')
        return {
            "customers": count_entities(uow, ListQuery("customer")), "suppliers": count_entities(uow, suppliers),
            "shippers": count_entities(uow, carriers), "employees": count_entities(uow, ListQuery("employee")),
        }

    counts = runtime.read(count, admin)

    assert {name: (report.created, report.failed) for name, report in reports.items()} == {
        "customers": (91, 0), "suppliers": (29, 0), "shippers": (3, 0), "employees": (9, 0), "orders": (830, 0)
    }
    assert counts == {"customers": 91, "suppliers": 29, "shippers": 3, "employees": 9}


def test_a_second_run_creates_nothing(
    reports: dict[str, ImportReport], runtime: Runtime, admin: Actor, departments: Departments
) -> None:
    again = import_all(runtime, admin, departments)

    assert {name: (report.unchanged, report.things) for name, report in again.items()} == {
        name: (report.created, {}) for name, report in reports.items()
    }


@pytest.mark.usefixtures("reports")
def test_contact_persons_work_for_their_company_with_their_title(
    runtime: Runtime, admin: Actor
) -> None:
    links = runtime.read(lambda uow: list_relationships(uow, type_name="works_for", limit=500), admin)
    jobs = {link.source_title: (link.target_title, link.fields["job_title"]) for link in links}

    assert jobs["Maria Larsson"] == ("Folk och fä HB", "Owner")
    assert jobs["Antonio del Valle Saavedra"] == ("Cooperativa de Quesos 'Las Cabras'", "Export Administrator")


@pytest.mark.usefixtures("reports")
def test_employees_report_to_whom_they_report(runtime: Runtime, admin: Actor) -> None:
    links = runtime.read(lambda uow: list_relationships(uow, type_name="reports_to", limit=500), admin)

    assert {link.source_title: link.target_title for link in links} == {
        **dict.fromkeys(["Nancy Davolio", "Janet Leverling", "Margaret Peacock", "Steven Buchanan", "Laura Callahan"],
                        "Andrew Fuller"),
        **dict.fromkeys(["Michael Suyama", "Robert King", "Anne Dodsworth"], "Steven Buchanan"),
    }


@pytest.mark.usefixtures("reports")
def test_separators_nobody_quoted_stay_in_their_values(
    runtime: Runtime, admin: Actor
) -> None:
    query = ListQuery("organization", columns=("country",), limit=500)
    countries = {item.title: item.fields["country"] for item in runtime.read(lambda uow: list_entities(uow, query), admin).items}

    assert countries["Pavlova, Ltd."] == "AU"
    assert countries["Blondesddsl père et fils"] == "FR"


@pytest.mark.usefixtures("reports")
def test_orders_stand_on_the_timeline_of_their_customer(
    runtime: Runtime, admin: Actor
) -> None:
    def orders(uow: UnitOfWork) -> list[str]:
        party = find_by_identifier(uow, "northwind_customer", "VINET")
        assert party is not None
        return [f"{item.at:%Y-%m-%d} {item.subject}" for item in timeline(uow, party).items if item.kind == "purchase"]

    found = runtime.read(orders, admin)

    assert (found[-1], len(found)) == ("1996-07-04 Order 10248", 5)


@pytest.mark.usefixtures("reports")
def test_a_company_is_found_without_its_accents(runtime: Runtime, admin: Actor) -> None:
    hits = runtime.read(lambda uow: search(uow, "folk och fa"), admin)

    assert "Folk och fä HB" in [hit.title for hit in hits]
