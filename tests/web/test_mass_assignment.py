# SPDX-License-Identifier: Apache-2.0
"""A11: what a form or a schema does not name is never stored, whatever is sent along with it.

Every route that changes something is sent all that it asks for, and a value for every column of every table besides. A word, a
number, a person and a department that nothing else names are what is sent: where one of them turns up, it was taken.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Uuid, select

from tests.factories.access import Departments
from tests.factories.graph import Graph
from tests.web.conftest import SignIn
from tests.web.test_matrix import ADMIN, CHANGE, FORMS, NOT_SET_UP, OWN, SALES, Calls, calls, places
from xrm.access.models import grant, user
from xrm.access.service import create_user
from xrm.core_tables import metadata
from xrm.departments.service import create_department
from xrm.entities.service import create_entity, update_entity
from xrm.errors import InvalidInput
from xrm.relationships.service import relate
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

SYSTEM = system_actor("test")
WORD, NUMBER = "planted-a11", 917_301
COLUMNS = sorted({column.name for table in metadata.sorted_tables for column in table.columns})
ALSO = ("is_admin", "role_ids", "department_id", "owner_id", "created_by", "version", "id", "score")
# Columns whose name is also that of a field that people fill in: there it is no attack but an answer.
FIELDS = {
    "action", "body", "channel", "code", "density", "depth", "direction", "email", "handle", "key", "kind", "label", "label_en",
    "label_fr", "language", "name", "note", "outcome", "permission", "secret", "since", "subject", "target", "theme", "time_zone",
    "title", "type", "until", "valid_from", "valid_until", "value", "expires_at", "scopes", "second_factor", "at", "preferred",
}
TO_EACH_DEPARTMENT = {"admin_plugins.offer"}  # writes a row for every department, the planted one too
LAST = ("delete", "remove", "end", "revoke", "take", "switch")  # what takes things away comes after what changes them
# What keeps what was asked for, not what was taken: a try that failed, the log of who looked.
UNWATCHED = {"session", "sign_in_attempt", "access_entry", "access_entity", "sign_in_ticket"}
__all__ = ["calls", "places"]


class Planted:
    """What is sent besides, and where it turned up."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.person, self.department = runtime.write(self._make, SYSTEM)

    @staticmethod
    def _make(uow: UnitOfWork) -> tuple[uuid.UUID, uuid.UUID]:
        return create_user(uow, "planted@example.org"), create_department(uow, "Planted")

    def values(self) -> dict[str, str]:
        """A value for each column and each name on the list."""
        ids = {column.name for table in metadata.sorted_tables for column in table.columns if isinstance(column.type, Uuid)}
        found = {name: str(self.person if name in ids else NUMBER if name in ("version", "score") else WORD) for name in COLUMNS}
        found |= {"is_admin": "true", "role_ids": str(self.person), "score": str(NUMBER), "version": str(NUMBER)}
        return {**found, "department_id": str(self.department), "home_department_id": str(self.department)}

    def traces(self) -> list[str]:
        """Every cell that holds one of them."""
        sent = {WORD, str(NUMBER), str(self.person), str(self.department)}

        def look(uow: UnitOfWork) -> list[str]:
            return [
                f"{table.name}.{column}" for table in metadata.sorted_tables if table.name not in UNWATCHED
                for row in uow.execute(select(table)).mappings() for column, value in row.items()
                if str(value) in sent or (isinstance(value, str) and WORD in value)
            ]

        return sorted(self.runtime.read(look, SYSTEM))


@pytest.fixture
def plugins() -> Mapping[str, str]:
    return SALES


@pytest.fixture
def planted(runtime: Runtime) -> Planted:
    return Planted(runtime)


def changing(found: Calls) -> Iterator[tuple[str, str, str]]:
    names = [name for name in (*OWN, *CHANGE, *ADMIN) if name not in NOT_SET_UP | TO_EACH_DEPARTMENT]
    names.sort(key=lambda name: name.rpartition(".")[2] in LAST)
    return ((name, method, path) for name, method, path in found.of(names) if method not in ("GET", "HEAD"))


def test_a11_no_form_stores_what_it_does_not_ask_for(
    client: FlaskClient, calls: Calls, planted: Planted, runtime: Runtime
) -> None:
    extra = {name: value for name, value in planted.values().items() if name not in FIELDS}
    before, wrong, taken = planted.traces(), list[tuple[str, object]](), set[str]()
    for name, method, path in changing(calls):
        form = {key: value.format(**calls.places) for key, value in FORMS.get(name, {}).items()}
        answer = client.open(path, method=method, data={**extra, **form})
        answer.close()
        if answer.status_code >= 500:
            wrong.append((name, answer.status_code))
        if answer.status_code >= 400:
            continue
        taken.add(name)
        if (after := planted.traces()) != before:
            wrong.append((name, sorted(set(after) - set(before)) or "more of them"))
            before = after

    assert wrong == []
    assert len(taken) > 40, sorted(taken)
    assert planted.traces() == before
    assert not {*ALSO} & {*FIELDS}
    assert runtime.read(lambda uow: uow.execute(select(grant).where(grant.c.user_id == planted.person)).all(), SYSTEM) == []


def test_a11_nobody_raises_themselves_by_their_own_settings(
    runtime: Runtime, sign_in: SignIn, departments: Departments, planted: Planted
) -> None:
    one = runtime.write(lambda uow: create_user(uow, "anna@example.org", name="Anna", department=departments.sales), SYSTEM)
    client = sign_in(Actor("user", one, "Anna"))

    def row() -> Mapping[str, Any]:
        return runtime.read(lambda uow: dict(uow.execute(select(user).where(user.c.id == one)).mappings().one()), SYSTEM)

    before = row()
    sent = {**planted.values(), "language": "fr", "theme": "dark", "density": "compact", "time_zone": "Europe/Paris"}
    answer = client.post("/me", data=sent)

    assert answer.status_code == 303
    assert row() == {**before, "language": "fr", "theme": "dark", "density": "compact", "time_zone": "Europe/Paris"}
    assert client.get("/admin/people").status_code == 403


Write = Callable[[UnitOfWork, dict[str, Any]], object]


def writers(graph: Graph) -> dict[str, Write]:
    """Each schema of the core that takes named values, with what it needs to be taken."""
    company, person, place = graph.organization(), graph.person(), graph.departments.sales

    def of(name: str, kind: str) -> Write:
        if kind == "role":
            return lambda uow, values: start_role(uow, company, name, values, department=place)
        return lambda uow, values: create_entity(uow, name, values, department=place)

    kinds = graph.runtime.registry.entity_types.values()
    return {f"new {one.name}": of(one.name, one.kind) for one in kinds} | {
        "update": lambda uow, values: update_entity(uow, company, values),
        "relate": lambda uow, values: relate(uow, "works_for", person, company, values=values, department=place),
    }


def test_a11_every_schema_refuses_columns_that_are_no_fields(
    runtime: Runtime, admin: Actor, departments: Departments, planted: Planted
) -> None:
    graph = Graph(runtime, admin, departments)
    extra = {name: value for name, value in planted.values().items() if name in {*ALSO, "merged_into", "deleted_at", "title_key"}}
    before, taken = planted.traces(), list[tuple[str, str]]()
    for what, write in writers(graph).items():
        known = set(runtime.registry.entity_types[what.rpartition(" ")[2]].fields) if " " in what else set[str]()
        for name, value in extra.items():
            if name in known:
                continue
            try:
                runtime.write(lambda uow, write=write, one={name: value}: write(uow, one), admin)  # type: ignore[misc]
            except InvalidInput as error:
                if any(name in f"{one.path} {one.message}" for one in error.problems):
                    continue
            taken.append((what, name))

    assert taken == []
    assert [one for one in planted.traces() if one not in before] == []
