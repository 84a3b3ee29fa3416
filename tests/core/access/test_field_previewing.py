# SPDX-License-Identifier: Apache-2.0
"""What a preview says of guarded fields gained and lost is what the services do afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import pytest

from tests.core.access.conftest import GUARDED
from tests.factories.graph import Graph
from xrm.access.permission_sets import change_permission_set
from xrm.access.previewing import Preview, preview_set
from xrm.access.service import create_permission_set, create_user, give
from xrm.entities.queries import get_entity
from xrm.unit_of_work import Actor

LABEL = {"en": "Desk", "fr": "Bureau"}


@pytest.fixture
def plugins(with_trial: Mapping[str, str]) -> Mapping[str, str]:
    return with_trial


def changes(preview: Preview) -> dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]]:
    return {(each.type.name, each.verb): (each.gained, each.lost) for one in preview.people for each in one.fields}


def test_a_changed_set_does_with_fields_what_the_preview_says(guarded: Graph, planted: dict[str, uuid.UUID]) -> None:
    held = ["*:read", "*:update", "ticket.code:see", "ticket.price:edit"]
    guarded.write(lambda uow: create_permission_set(uow, "desk", LABEL, held))
    user = guarded.write(lambda uow: create_user(uow, "desk@example.org", name="Desk"))
    guarded.write(lambda uow: give(uow, user, "desk", department=guarded.departments.sales))
    actor, wanted = Actor("user", user, "Desk"), ["*:read", "*:update", "ticket.code:edit", "customer.*:see"]

    def seen() -> set[str]:
        return set(guarded.read(lambda uow: get_entity(uow, planted["ticket_sales"]), actor).fields)

    before = seen()
    told = changes(guarded.read(lambda uow: preview_set(uow, "desk", wanted)))
    same = changes(guarded.read(lambda uow: preview_set(uow, "desk", held)))
    guarded.write(lambda uow: change_permission_set(uow, "desk", wanted))
    after = seen()

    assert told == {
        ("ticket", "see"): ((), ("price", "total")), ("ticket", "edit"): (("code",), ("price",)),
        ("customer", "see"): (GUARDED["customer"], ()),
    }
    assert ("code" in before & after, before - after) == (True, {"price", "total"})
    assert same == {}


def test_fields_that_come_with_the_rows_are_told_only_with_their_own_right(guarded: Graph) -> None:
    guarded.write(lambda uow: create_permission_set(uow, "desk", LABEL, ["ticket.code:see"]))
    user = guarded.write(lambda uow: create_user(uow, "desk@example.org", name="Desk"))
    guarded.write(lambda uow: give(uow, user, "desk", department=guarded.departments.sales))

    told = guarded.read(lambda uow: preview_set(uow, "desk", ["ticket.code:see", "*:read"]))

    assert changes(told) == {("ticket", "see"): (("code",), ())}
