# SPDX-License-Identifier: Apache-2.0
"""Guarded fields in the editor of permission sets: folded, few inputs however many fields there are, and nothing is lost."""

from __future__ import annotations

import dataclasses
import re

import pytest
from flask.testing import FlaskClient

from tests.factories.access import Departments, add_user
from xrm.access.permission_sets import find_set
from xrm.access.service import create_permission_set, create_shipped_sets, give
from xrm.access.vocabulary import guarded_fields
from xrm.entities.service import create_entity
from xrm.overlay.guarding import guard_field
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor
from xrm_web.administration.field_matrix import fold_out, is_short, permissions_in

SYSTEM = system_actor()
LABEL = {"en": "Desk", "fr": "Bureau"}
HELD = ["*:read", "organization.trade_name:see", "person.birth_date:edit"]
EDIT = "/admin/permission-sets/desk"


@pytest.fixture
def desk(runtime: Runtime, departments: Departments, admin: Actor) -> Runtime:
    """Two guarded fields, a set that names rights to them, and somebody who has it."""
    for name, key in (("organization", "trade_name"), ("organization", "website"), ("person", "birth_date")):
        guard_field(runtime, admin, name, key)

    def fill(uow: UnitOfWork) -> None:
        create_shipped_sets(uow)
        create_permission_set(uow, "desk", LABEL, HELD)
        user = add_user(uow, "desk@example.org", {}).user_id
        assert user is not None
        give(uow, user, "desk", department=departments.sales)

    runtime.write(fill, SYSTEM)
    return runtime


def ticked(page: str) -> set[str]:
    boxes = re.findall(r'<input[^>]*name="permission"[^>]*>', page)
    return {
        value for box in boxes if "checked" in box or 'type="hidden"' in box for value in re.findall(r'value="([^"]+)"', box)
    }


def test_fields_are_folded_below_their_type_and_saved_with_the_rest(desk: Runtime, client: FlaskClient) -> None:
    page = client.get(f"{EDIT}/edit").text
    shown = client.get(EDIT).text
    wanted = sorted((ticked(page) - {"organization.trade_name:see"}) | {"organization.website:edit"})

    told = client.post(f"{EDIT}/preview", data={"permission": wanted, "label_en": "Desk", "label_fr": "Bureau"}).text
    client.post(EDIT, data={"permission": wanted, "label_en": "Desk", "label_fr": "Bureau"})

    assert ticked(page) == set(HELD)
    assert (page.count("<details class=\"fold\""), "sees 1, edits 0" in page, "sees 1, edits 1" in page) == (2, True, True)
    assert "2 guarded fields" in shown
    assert "Organizations: sees Website" in told
    assert "Organizations: no longer sees Trade name" in told
    assert desk.read(lambda uow: find_set(uow, "desk").permissions, SYSTEM) == tuple(wanted)


def test_with_many_fields_only_what_is_opened_has_inputs_and_the_rest_is_kept(desk: Runtime) -> None:
    registry = desk.registry
    every = {
        name: {key: frozenset({key}) for key in one.fields} for name, one in registry.entity_types.items()
    }
    wide = dataclasses.replace(registry, guards=every)
    held = frozenset({"person.birth_date:see", "person.*:edit"})

    closed = fold_out(wide, "person", held, is_open=False, is_loaded=False)
    opened = fold_out(wide, "person", held, is_open=True, is_loaded=False)

    assert (is_short(registry), is_short(wide)) == (True, False)
    assert closed is not None
    assert (closed.fields, set(closed.kept)) == ((), set(held))
    assert closed.edited == len(guarded_fields(wide, "person"))
    assert opened is not None
    shown = {cell.permission for one in opened.fields for cell in one.cells}
    assert (opened.kept, shown) == ((), set(permissions_in(wide, "person")))
    assert all(cell.by == "person.*:edit" for one in opened.fields[1:] for cell in one.cells if not cell.held)


@pytest.mark.usefixtures("desk")
def test_a_type_is_opened_without_script_and_keeps_what_was_ticked(client: FlaskClient) -> None:
    sent = {"permission": ["person:read", "organization.website:see"], "open": "organization", "label_en": "Other"}

    page = client.post(f"{EDIT}/edit", data=sent).text

    assert ticked(page) == {"person:read", "organization.website:see"}
    assert '<details class="fold" open>' in page
    assert 'value="Other"' in page


def test_why_asks_about_fields(desk: Runtime, client: FlaskClient, departments: Departments) -> None:
    one = desk.write(lambda uow: create_entity(uow, "organization", {"name": "Acme"}, department=departments.sales), SYSTEM)
    ask = {"who": "desk@example.org", "what": str(one), "action": "see"}

    bare = client.get("/admin/why", query_string=ask)
    sees = client.get("/admin/why", query_string={**ask, "field": "organization.trade_name"}).text
    not_seen = client.get("/admin/why", query_string={**ask, "field": "organization.website"}).text
    found = client.get("/admin/why", query_string={**ask, "action": "find"}).text

    assert (bare.status_code, "Choose the field that is meant." in bare.text) == (422, True)
    assert 'value="organization.trade_name"' in bare.text
    assert "has the right organization.trade_name:see" in sees
    assert "has not the right organization.website:see" in not_seen
    assert "Organizations: Website" in not_seen
    assert "Words in website do not find it" in found
