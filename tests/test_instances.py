# SPDX-License-Identifier: Apache-2.0
"""The instances that tests run on are prepared once and do not share what a test writes."""

from __future__ import annotations

import pytest

from tests.factories.access import Departments, add_department
from xrm.access.policy import allowed
from xrm.departments.queries import get_tree
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, system_actor


def test_the_administrator_may_do_everything_everywhere(runtime: Runtime, admin: Actor, departments: Departments) -> None:
    verdicts = runtime.read(lambda uow: [allowed(uow, "customer:delete", place) for place in departments], admin)

    assert all(verdicts)


@pytest.mark.parametrize("name", ["first", "second"])
def test_a_test_does_not_see_what_another_wrote(runtime: Runtime, name: str) -> None:
    runtime.write(lambda uow: add_department(uow, name), system_actor())

    names = runtime.read(lambda uow: {item.name for item in get_tree(uow).by_id.values()}, system_actor())

    assert names == {"Sales", "Press", "Service", "Sales North", name}


def test_the_program_of_a_test_has_the_base_vocabulary_alone(runtime: Runtime) -> None:
    assert {item.plugin for item in runtime.registry.entity_types.values()} == {"base"}
