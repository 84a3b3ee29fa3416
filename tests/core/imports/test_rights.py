# SPDX-License-Identifier: Apache-2.0
"""Where an import writes, and with whose rights."""

from __future__ import annotations

import uuid

import pytest

from tests.core.imports.conftest import COMPANIES, Import, Titles
from tests.factories.access import Departments, add_user
from xrm.errors import InvalidInput, PermissionDenied
from xrm.runtime import Runtime
from xrm.unit_of_work import system_actor

Rights = dict[uuid.UUID | None, list[str]]
TWO = "id,name,city,country,mail\n1,Alfa,Paris,FR,a@alfa.example\n2,Beta,Lyon,France,b@beta.example\n"


def test_one_department_needs_no_name_but_several_do(run: Import) -> None:
    with pytest.raises(InvalidInput, match=r"--department: Say which department is meant. There are: .*Press.*Sales"):
        run(TWO, department=None)


def test_the_department_of_the_mapping_is_taken(run: Import, listed: Titles, departments: Departments) -> None:
    run(TWO, COMPANIES + "department: Press\n", department=None)

    assert {item.department for item in listed("organization")} == {departments.press}


def test_importing_needs_the_right_to_import(run: Import, runtime: Runtime, departments: Departments, listed: Titles) -> None:
    rights: Rights = {departments.sales: ["*:read", "*:create", "*:update"]}
    editor = runtime.write(lambda uow: add_user(uow, "editor@example.org", rights), system_actor())

    with pytest.raises(PermissionDenied, match="customer:import in Sales"):
        run(TWO, actor=editor)

    assert listed("organization") == []


def test_rows_are_written_with_the_rights_of_the_actor(run: Import, runtime: Runtime, departments: Departments) -> None:
    rights: Rights = {departments.sales: ["*:read", "*:import", "organization:*", "contact_point:create"]}
    clerk = runtime.write(lambda uow: add_user(uow, "clerk@example.org", rights), system_actor())

    report = run(TWO, actor=clerk)

    assert report.failed == 2
    assert "customer:create in Sales" in str(next(report.failures()).problems[0])


def test_a_party_of_another_department_is_not_found_by_its_identifier(
    run: Import, runtime: Runtime, departments: Departments, listed: Titles
) -> None:
    run(TWO, department=departments.press)
    clerk = runtime.write(
        lambda uow: add_user(uow, "clerk@example.org", {departments.sales: ["*:*"]}), system_actor()
    )

    report = run(TWO.replace("Alfa", "Stolen"), actor=clerk)

    assert report.failed == 2
    assert "belongs to another entity already" in str(next(report.failures()).problems[0])
    assert [item.title for item in listed("organization")] == ["Alfa", "Beta"]
