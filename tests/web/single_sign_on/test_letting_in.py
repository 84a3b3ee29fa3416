# SPDX-License-Identifier: Apache-2.0
"""Signing in at a provider that runs here: who is let in as whom."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.factories.access import Departments
from tests.factories.identity_provider import Provider
from tests.web.conftest import SignIn
from tests.web.single_sign_on.conftest import SYSTEM, Settle, back, is_in, link, round_trip, there
from xrm.access.models import grant, membership, user
from xrm.access.service import create_shipped_sets
from xrm.access.users import find_user
from xrm.errors import NotFound
from xrm.invitations.service import invite
from xrm.runtime import Runtime
from xrm.single_sign_on.models import external_identity
from xrm.unit_of_work import Actor


@pytest.mark.usefixtures("settle")
def test_the_sign_in_page_offers_it(app: Flask) -> None:
    page = app.test_client().get("/in?next=/help").text

    assert "Go on with Example ID" in page
    asked = parse_qs(urlsplit(there(app.test_client())).query)
    assert asked["redirect_uri"] == ["http://127.0.0.1:5000/in/with/example/back"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)


@pytest.mark.usefixtures("settle")
@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_who_linked_it_signs_in_by_it_and_goes_where_they_wanted(
    app: Flask, sign_in: SignIn, nadia: Actor, provider: Provider, algorithm: str
) -> None:
    provider.algorithm = algorithm
    linked = link(sign_in(nadia), provider)
    client = app.test_client()

    answer = round_trip(client, provider)

    assert linked.location == "/me/providers"
    assert (answer.status_code, answer.location) == (303, "/help")
    assert "nadia@example.org" in client.get("/me").text


@pytest.mark.usefixtures("settle", "nadia")
@pytest.mark.parametrize(
    "claims", [{}, {"email_verified": False}, {"email": "NADIA@example.org"}, {"email": "\uff4eadia@example.org"}]
)
def test_a28_an_address_alone_binds_no_existing_login(
    app: Flask, runtime: Runtime, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims |= claims
    client = app.test_client()

    assert round_trip(client, provider).status_code == 403
    assert not is_in(client)
    assert runtime.read(lambda uow: uow.execute(select(external_identity)).all(), SYSTEM) == []


@pytest.mark.parametrize(("verified", "expected"), [(True, 303), (False, 403), ("yes", 403), (1, 403)])
@pytest.mark.usefixtures("nadia")
def test_a28_the_operator_may_trust_addresses_that_the_provider_has_verified(
    app: Flask, settle: Settle, provider: Provider, verified: object, expected: int
) -> None:
    settle(binds_by_email="true")
    provider.claims["email_verified"] = verified

    assert round_trip(app.test_client(), provider).status_code == expected


@pytest.mark.parametrize(
    ("creating", "domains", "claims", "expected"),
    [
        ("none", "", {}, 403), ("invited", "", {}, 403), ("domain", "example.org", {}, 303),
        ("domain", "example.com", {}, 403), ("domain", "example.org", {"email_verified": False}, 403),
        ("domain", "example.org", {"email": "eve@example.org.evil.example"}, 403),
        ("domain", "Example.ORG other.example", {}, 303),
    ],
)  # fmt: skip
def test_who_is_let_in_who_is_not_known(
    app: Flask, settle: Settle, provider: Provider, creating: str, domains: str, claims: dict[str, Any], expected: int
) -> None:
    settle(create_users=creating, allowed_domains=domains)
    provider.claims |= claims
    client = app.test_client()

    assert round_trip(client, provider).status_code == expected
    assert is_in(client) == (expected == 303)


def test_who_is_made_gets_the_usual_rights(
    app: Flask, runtime: Runtime, settle: Settle, provider: Provider, departments: Departments
) -> None:
    runtime.write(create_shipped_sets, SYSTEM)
    settle(create_users="domain", allowed_domains="example.org", department="Sales", permission_set="reader")

    for _ in range(2):  # the second time as the same login
        assert round_trip(app.test_client(), provider).status_code == 303

    made = runtime.read(lambda uow: find_user(uow, "nadia@example.org"), SYSTEM)
    place = runtime.read(lambda uow: uow.execute(select(membership).where(membership.c.user_id == made.id)).one(), SYSTEM)
    right = runtime.read(lambda uow: uow.execute(select(grant).where(grant.c.user_id == made.id)).one(), SYSTEM)
    assert made.name == "Nadia Ek"
    assert (place.department_id, right.department_id, right.depth) == (departments.sales, departments.sales, "department")


def test_who_was_invited_comes_in_by_a_verified_address_if_the_operator_says_so(
    app: Flask, runtime: Runtime, settle: Settle, provider: Provider
) -> None:
    runtime.write(lambda uow: invite(uow, "nadia@example.org"), SYSTEM)
    refused = round_trip(app.test_client(), provider).status_code
    settle(create_users="invited")

    client = app.test_client()
    assert (refused, round_trip(client, provider).status_code) == (403, 303)
    assert "Nadia Ek" in client.get("/me").text


@pytest.mark.usefixtures("settle")
def test_an_invitation_can_be_answered_by_the_provider(app: Flask, runtime: Runtime, provider: Provider) -> None:
    made = runtime.write(lambda uow: invite(uow, "other@example.org"), SYSTEM)
    client = app.test_client()
    client.get("/welcome/" + made.link.rpartition("/")[2])
    offered_there = "by=invitation" in client.get("/welcome").text

    answer = round_trip(client, provider, "&by=invitation")

    assert offered_there
    assert answer.status_code == 303
    assert "other@example.org" in client.get("/me").text
    assert app.test_client().get("/welcome/" + made.link.rpartition("/")[2]).status_code == 404


@pytest.mark.usefixtures("settle")
def test_a18_a_login_switched_off_is_not_opened(
    app: Flask, runtime: Runtime, sign_in: SignIn, nadia: Actor, provider: Provider
) -> None:
    link(sign_in(nadia), provider)
    runtime.write(lambda uow: uow.execute(update(user).where(user.c.id == nadia.user_id).values(is_active=False)), SYSTEM)

    assert round_trip(app.test_client(), provider).status_code == 403


@pytest.mark.usefixtures("settle")
def test_a_person_is_linked_to_one_login_only(sign_in: SignIn, nadia: Actor, admin: Actor, provider: Provider) -> None:
    link(sign_in(nadia), provider)

    other = link(sign_in(admin), provider)

    assert other.status_code == 403
    assert "another login" in other.text


@pytest.mark.usefixtures("settle")
def test_a_link_goes_only_to_who_asked_for_it(sign_in: SignIn, nadia: Actor, admin: Actor, provider: Provider) -> None:
    client = sign_in(nadia)
    page = client.post("/me/providers/example").text
    href = page.partition(f'href="{provider.issuer}')[2].partition('"')[0].replace("&amp;", "&")
    theirs = sign_in(admin).get_cookie("xrm_session")
    assert theirs is not None
    client.set_cookie("xrm_session", theirs.value)

    assert back(client, provider.authorize(provider.issuer + href)).status_code == 403


@pytest.mark.usefixtures("settle")
def test_the_only_way_in_is_not_taken_away(
    app: Flask, runtime: Runtime, sign_in: SignIn, nadia: Actor, provider: Provider
) -> None:
    client = sign_in(nadia)
    link(client, provider)
    one = runtime.read(lambda uow: uow.execute(select(external_identity.c.id)).scalar_one(), SYSTEM)
    runtime.write(lambda uow: uow.execute(update(user).where(user.c.id == nadia.user_id).values(password_hash=None)), SYSTEM)
    refused = client.post(f"/me/providers/{one}/remove").status_code
    runtime.write(lambda uow: uow.execute(update(user).where(user.c.id == nadia.user_id).values(password_hash="x")), SYSTEM)

    assert refused == 409
    assert "Example ID" in client.get("/me/providers").text
    assert client.post(f"/me/providers/{one}/remove").status_code == 303
    assert round_trip(app.test_client(), provider).status_code == 403


@pytest.mark.usefixtures("settle")
def test_who_looks_at_the_pages_as_somebody_links_nothing_to_their_login(
    app: Flask, runtime: Runtime, sign_in: SignIn, nadia: Actor, admin: Actor, provider: Provider
) -> None:
    client = sign_in(admin)
    assert client.post(f"/admin/people/{nadia.user_id}/view").status_code == 303

    answer = link(client, provider)

    assert answer.status_code == 403
    assert runtime.read(lambda uow: uow.execute(select(external_identity)).all(), SYSTEM) == []
    assert round_trip(app.test_client(), provider).status_code == 403


@pytest.mark.parametrize("gone", [{"department": "Closed"}, {"department": "Sales", "permission_set": "closed"}])
def test_a_department_that_is_gone_tells_a_stranger_nothing_of_those_that_are_there(
    app: Flask, runtime: Runtime, settle: Settle, provider: Provider, gone: dict[str, str]
) -> None:
    runtime.write(create_shipped_sets, SYSTEM)
    settle(create_users="domain", allowed_domains="example.org", **gone)

    answer = round_trip(app.test_client(), provider)

    assert answer.status_code == 403
    assert not any(name in answer.text for name in ("Press", "Service", "reader", "Closed"))
    with pytest.raises(NotFound):
        runtime.read(lambda uow: find_user(uow, "nadia@example.org"), SYSTEM)
