# SPDX-License-Identifier: Apache-2.0
"""New entities are indexed from memory; the documents must be those that reading them from the database gives."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import select

from tests.factories.access import Departments
from xrm.contact_points.service import add_contact_point, end_contact_point
from xrm.entities.service import create_entity, update_entity
from xrm.identifiers.service import set_identifier
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.search.index import rebuild
from xrm.search.models import search_document
from xrm.unit_of_work import Actor, UnitOfWork

Step = Callable[[UnitOfWork, uuid.UUID, Departments], object]


def documents(uow: UnitOfWork) -> list[tuple[object, ...]]:
    columns = [column for column in search_document.c if column.name != "key"]
    return sorted((tuple(row) for row in uow.execute(select(*columns))), key=repr)


@pytest.mark.parametrize(
    "step",
    [
        lambda uow, one, _: add_contact_point(uow, one, "email", "Info@Example.org"),
        lambda uow, one, _: add_contact_point(uow, one, "phone", "+33 1 23 45 67 89"),
        lambda uow, one, _: add_contact_point(uow, one, "postal", {"street": "1 rue Haute", "city": "Metz", "country": "FR"}),
        lambda uow, one, _: end_contact_point(uow, add_contact_point(uow, one, "email", "old@example.org")),
        lambda uow, one, places: start_role(uow, one, "customer", {"number": "K-1"}, department=places.sales),
        lambda uow, one, places: start_role(uow, one, "customer", {"number": "K-1"}, department=places.press),
        lambda uow, one, places: start_role(uow, one, "customer", {"notes": "L’été, 3 fois\n"}, department=places.sales),
        lambda uow, one, places: start_role(uow, one, "customer", {"tier": "gold"}, department=places.sales),
        lambda uow, one, places: add_contact_point(uow, one, "phone", "+33 1 23 45 67 89", department=places.press),
        lambda uow, one, _: update_entity(uow, one, {"city": "Brest"}),
        lambda uow, one, _: set_identifier(uow, "later", "L-9", one),
    ],
    ids=[
        "email", "phone", "postal", "ended", "role", "role elsewhere", "long text", "nothing searched", "of a department",
        "changed", "identifier",
    ],
)
def test_documents_of_a_new_entity_are_those_that_a_rebuild_makes(
    runtime: Runtime, admin: Actor, departments: Departments, step: Step
) -> None:
    def work(uow: UnitOfWork) -> None:
        values = {"name": "Société Générale", "city": "Nantes", "country": "FR"}
        one = create_entity(uow, "organization", values, department=departments.sales, identifiers={"erp": "A-7", "bank": "B"})
        step(uow, one, departments)

    runtime.write(work, admin)
    made = runtime.read(documents, admin)

    runtime.write(rebuild, admin)

    assert made == runtime.read(documents, admin)
    assert made


@pytest.mark.parametrize(
    "values",
    [
        {"name": "L’Oréal d'Aujourd’hui"},
        {"name": "Étés & fils", "trade_name": "A.B.C. 3000", "acronym": "AB"},
        {"name": "x" * 150 + " y"},
        {"name": "½ Ⅷ ① \uff12 straße ﷺ", "activity": "日本 語 2"},
        {"name": "---", "company_number": "732829320", "vat_number": "FR44732829320"},
        {"name": "Tours 2", "interests": ["vin", "l’art 3"], "website": "https://example.org/2", "country": "FR"},
    ],
    ids=["apostrophes", "codes", "long word", "other scripts", "numbers", "several"],
)
def test_values_of_a_new_entity_are_indexed_as_a_rebuild_does(
    runtime: Runtime, admin: Actor, departments: Departments, values: dict[str, object]
) -> None:
    runtime.write(lambda uow: create_entity(uow, "organization", values, department=departments.sales), admin)
    made = runtime.read(documents, admin)

    runtime.write(rebuild, admin)

    assert made == runtime.read(documents, admin)
    assert made
