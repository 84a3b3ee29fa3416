# SPDX-License-Identifier: Apache-2.0
"""Why somebody sees or writes a field, or does not find an entity: the chain agrees with what the services do."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace

import pytest
from sqlalchemy import select

from tests.factories.graph import Graph
from xrm.access.explaining import Explanation, explain
from xrm.access.models import user
from xrm.access.remedies import find_remedy
from xrm.entities.queries import get_entity
from xrm.entities.removal import delete_entity
from xrm.entities.service import update_entity
from xrm.errors import InvalidInput, PermissionDenied
from xrm.roles.queries import list_roles_of
from xrm.sharing.service import Recipient, share_entity
from xrm.tokens.service import create_token
from xrm.unit_of_work import Actor, Limits


@pytest.fixture
def plugins(with_trial: Mapping[str, str]) -> Mapping[str, str]:
    return with_trial


def told(graph: Graph, who: Actor, action: str, one: uuid.UUID, actor: Actor | None = None) -> Explanation:
    email = graph.read(lambda uow: uow.execute(select(user.c.email).where(user.c.id == who.user_id)).scalar_one())
    return graph.read(lambda uow: explain(uow, email, action, one), actor)


def kinds(found: Explanation, *, holds: bool | None) -> list[str]:
    return [one.kind for one in found.reasons if one.holds is holds]


def writes(graph: Graph, who: Actor, one: uuid.UUID, key: str) -> bool:
    try:
        graph.write(lambda uow: update_entity(uow, one, {key: "x"}), who)
    except PermissionDenied:
        return False
    return True


@pytest.mark.parametrize("rights", [
    ["*:read"], ["*:read", "*:update"], ["*:read", "ticket.code:see"], ["*:read", "*:update", "ticket.code:see"],
    ["*:read", "*:update", "ticket.code:edit"], ["*:read", "ticket.code:edit"], ["ticket.code:see"], ["ticket:*"], ["*:*"],
])
def test_the_verdict_about_a_field_is_what_the_services_do(
    guarded: Graph, planted: dict[str, uuid.UUID], rights: list[str]
) -> None:
    one = planted["ticket_sales"]
    who = guarded.user({guarded.departments.sales: rights})
    seen = rights != ["ticket.code:see"]

    see, edit = (told(guarded, who, f"ticket.code:{verb}", one) for verb in ("see", "edit"))

    shows = seen and "code" in guarded.read(lambda uow: get_entity(uow, one), who).fields
    assert (see.is_allowed, edit.is_allowed) == (shows, seen and writes(guarded, who, one, "code"))
    for found in (see, edit):
        assert str(found.because).startswith("Yes" if found.is_allowed else "No")
        assert all(one.holds is not False for one in found.reasons) is found.is_allowed
        assert bool(found.lacking) is not found.is_allowed


def test_the_fields_of_a_role_and_of_a_party_follow_their_own_places(
    guarded: Graph, planted: dict[str, uuid.UUID], half: Actor
) -> None:
    firm = planted["firm_press"]
    assert not told(guarded, half, "customer.number:see", firm).is_allowed
    guarded.role(firm, "customer", department=guarded.departments.sales)

    role, party, plain = (told(guarded, half, f"{one}:see", firm) for one in ("customer.number", "organization.trade_name",
                                                                             "organization.city"))

    shown = [one for one in guarded.read(lambda uow: list_roles_of(uow, firm), half) if "number" in one.fields]
    assert (role.is_allowed, len(shown)) == (True, 1)
    assert party.is_allowed
    assert plain.is_allowed
    assert any("needs no right of its own" in str(one.said) for one in plain.reasons)


def test_what_is_made_of_a_guarded_field_says_so(guarded: Graph, planted: dict[str, uuid.UUID], reader: Actor) -> None:
    one = planted["ticket_sales"]

    see, edit = (told(guarded, reader, f"ticket.total:{verb}", one) for verb in ("see", "edit"))

    assert (see.is_allowed, see.lacking) == (False, ("ticket.price:see",))
    assert any("total tells about price" in str(one.said) for one in see.reasons)
    assert (edit.is_allowed, "made by a formula" in str(edit.because), edit.lacking) == (False, True, ())
    remedy = guarded.read(lambda uow: find_remedy(uow, see))
    assert "ticket.price:see" in str(remedy.ways[0])


@pytest.mark.parametrize(("action", "meant"), [
    ("ticket.cod:see", "code"), ("ticket.code:sea", "see"), ("tickt.code:see", "ticket"), ("customer:find", "ticket"),
])
def test_a_field_that_is_not_known_is_told_with_what_was_meant(
    guarded: Graph, planted: dict[str, uuid.UUID], reader: Actor, action: str, meant: str
) -> None:
    with pytest.raises(InvalidInput, match=meant):
        told(guarded, reader, action, planted["ticket_sales"])


def test_shares_show_the_row_and_no_guarded_field(guarded: Graph, planted: dict[str, uuid.UUID]) -> None:
    one = planted["ticket_sales"]
    guest = guarded.user({guarded.departments.press: ["*:read"]})
    assert "share" in kinds(told(guarded, guest, "find", one), holds=None)
    guarded.write(lambda uow: share_entity(uow, one, Recipient(user=guest.user_id), "update"))

    found, code, count = (told(guarded, guest, action, one) for action in ("find", "ticket.code:see", "ticket.count:edit"))

    assert (found.is_allowed, code.is_allowed, count.is_allowed) == (True, False, True)
    assert "share" in kinds(found, holds=True)
    assert code.lacking == ("ticket.code:see",)
    assert any("Words in" in str(one.said) and "code" in str(one.said) for one in found.reasons)


def test_what_lies_in_the_bin_is_explained_to_who_could_take_it_back(guarded: Graph, planted: dict[str, uuid.UUID]) -> None:
    one = planted["ticket_sales"]
    reader = guarded.user({guarded.departments.sales: ["*:read"]})
    guarded.write(lambda uow: delete_entity(uow, one))

    found = told(guarded, reader, "find", one)

    assert (found.is_allowed, "recycle bin" in str(found.because), found.lacking) == (False, True, ())
    assert [str(way) for way in guarded.read(lambda uow: find_remedy(uow, found)).ways] == ["Take it back from the recycle bin."]


def test_a_token_leaves_no_more_than_it_says(guarded: Graph, planted: dict[str, uuid.UUID]) -> None:
    one = planted["ticket_sales"]
    who = guarded.user({guarded.departments.sales: ["*:read", "*:update", "ticket.code:see"]})
    assert who.user_id is not None
    mine = who.user_id
    guarded.write(lambda uow: create_token(uow, mine, "Reports", scopes=["ticket:read"], expires_at=None), who)
    by_token = replace(who, limits=Limits(("ticket:read",)), via="api")

    read, field, change = (told(guarded, who, action, one, by_token) for action in ("read", "ticket.code:see", "update"))
    of_admin = told(guarded, who, "update", one)

    assert (read.is_allowed, field.is_allowed, change.is_allowed, of_admin.is_allowed) == (True, False, False, True)
    assert "token" in kinds(field, holds=False)
    assert any("By the token Reports" in str(one.said) and "not given" in str(one.said) for one in of_admin.reasons)
