# SPDX-License-Identifier: Apache-2.0
"""Who needs a second factor because of a permission set that they have."""

from __future__ import annotations

import uuid

import pytest

from tests.core.factors.test_factors import SYSTEM, id_of, set_up
from tests.factories.access import Departments
from xrm.access.permission_sets import change_permission_set, copy_permission_set, find_set, restore_permission_set
from xrm.access.service import create_shipped_sets, create_user, give
from xrm.errors import PermissionDenied
from xrm.factors.queries import count_without_second, must_have_second, needs
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor


@pytest.fixture
def nadia(runtime: Runtime) -> Actor:
    """A user without rights."""
    one: uuid.UUID = runtime.write(lambda uow: create_user(uow, "nadia@example.org"), SYSTEM)
    return Actor("user", one)


def test_whoever_has_a_set_that_asks_for_a_second_factor_needs_one(
    runtime: Runtime, nadia: Actor, departments: Departments, admin: Actor
) -> None:
    runtime.write(create_shipped_sets, SYSTEM)
    for one in departments[:2]:
        runtime.write(lambda uow, one=one: give(uow, id_of(nadia), "reader", department=one, depth="own"), SYSTEM)  # type: ignore[misc]

    def ask(key: str, *, is_needed: bool = True) -> None:
        held = runtime.read(lambda uow: find_set(uow, key), admin).permissions
        runtime.write(lambda uow: change_permission_set(uow, key, held, second_factor=is_needed), admin)

    def state() -> tuple[str, int]:
        found = runtime.read(lambda uow: find_set(uow, "reader"), admin)
        return (runtime.read(lambda uow: needs(uow, "password"), nadia),
                runtime.read(lambda uow: count_without_second(uow, found.id), admin))

    ask("editor")
    before = state()
    ask("reader")
    asked = state()
    runtime.write(lambda uow: copy_permission_set(uow, "reader", "reader_two", {"en": "Two", "fr": "Deux"}), admin)
    runtime.write(lambda uow: restore_permission_set(uow, "reader"), admin)
    set_up(runtime, nadia)

    assert (before, asked, state()) == (("", 1), ("enrolment", 1), ("second", 0))
    assert runtime.read(lambda uow: find_set(uow, "reader_two"), admin).second_factor
    ask("reader", is_needed=False)
    assert not runtime.read(must_have_second, nadia)
    with pytest.raises(PermissionDenied):
        runtime.write(lambda uow: change_permission_set(uow, "reader", ["*:read"], second_factor=False), nadia)
