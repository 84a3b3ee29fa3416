# SPDX-License-Identifier: Apache-2.0
"""API tokens: never more than their user has at the moment of use, known by their beginning alone, over when revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from tests.factories.access import Departments, add_user
from tests.factories.graph import Graph
from xrm.access.grants import end_grant
from xrm.access.models import grant
from xrm.access.policy import allowed, require_everywhere, scope
from xrm.access.service import deactivate_user, set_password
from xrm.audit.models import audit_value
from xrm.entities.queries import get_entity
from xrm.errors import InvalidInput, NotFound, PermissionDenied
from xrm.runtime import Runtime
from xrm.tokens.models import token as token_table
from xrm.tokens.queries import find_bearer, list_own_tokens, list_tokens
from xrm.tokens.service import NewToken, create_token, note_uses, revoke_token
from xrm.unit_of_work import Actor, system_actor

SYSTEM = system_actor()
LATER = datetime(2999, 1, 1, tzinfo=UTC)


def made(
    runtime: Runtime, owner: Actor, *scopes: str, departments: tuple[UUID, ...] = (), expires_at: datetime | None = LATER
) -> NewToken:
    assert owner.user_id is not None
    user_id = owner.user_id
    return runtime.write(
        lambda uow: create_token(
            uow, user_id, "test", scopes=scopes or ("*:*",), departments=departments, expires_at=expires_at
        ),
        owner,
    )


def bearer(runtime: Runtime, token: NewToken) -> Actor:
    found = runtime.read(lambda uow: find_bearer(uow, token.text), SYSTEM)
    assert found is not None
    return found.actor


def may(runtime: Runtime, actor: Actor, action: str, department: UUID | None = None) -> bool:
    return runtime.read(lambda uow: allowed(uow, action, department), actor)


@pytest.mark.parametrize(
    ("scopes", "action", "expected"),
    [
        (("*:*",), "person:read", True), (("*:read",), "person:read", True), (("*:read",), "person:update", False),
        (("person:*",), "person:update", True), (("person:*",), "organization:read", False),
        (("person:read", "organization:update"), "organization:update", True), (("person:read",), "organization:read", False),
        (("*:*",), "user:administer", False), (("user:administer",), "user:administer", False),
    ],
)  # fmt: skip
def test_the_token_and_the_user_both_have_to_have_the_right(
    runtime: Runtime, departments: Departments, scopes: tuple[str, ...], action: str, expected: bool
) -> None:
    owner = runtime.write(
        lambda uow: add_user(uow, "o@example.org", {departments.sales: ["*:read", "person:*", "organization:update"]}), SYSTEM
    )

    actor = bearer(runtime, made(runtime, owner, *scopes))

    assert may(runtime, actor, action, departments.sales) is expected
    assert not may(runtime, actor, action, departments.press)


def test_departments_limit_a_token_with_those_below(runtime: Runtime, admin: Actor, departments: Departments) -> None:
    actor = bearer(runtime, made(runtime, admin, departments=(departments.sales,)))

    assert may(runtime, actor, "person:read", departments.sales)
    assert may(runtime, actor, "person:read", departments.sales_north)
    assert not may(runtime, actor, "person:read", departments.press)
    with pytest.raises(PermissionDenied):
        runtime.read(lambda uow: require_everywhere(uow, "person:read"), actor)


def test_own_rows_stay_own_rows(runtime: Runtime, departments: Departments) -> None:
    owner = runtime.write(lambda uow: add_user(uow, "o@example.org", {departments.sales: ["*:read"]}, depth="own"), SYSTEM)

    actor = bearer(runtime, made(runtime, owner, "person:read", departments=(departments.sales,)))
    where = runtime.read(lambda uow: scope(uow, "person", "read"), actor)

    assert (where.departments, where.own) == (frozenset(), frozenset({departments.sales}))


def test_sql_follows_the_limits(runtime: Runtime, graph: Graph, admin: Actor, departments: Departments) -> None:
    here, there = graph.person("Here", department=departments.sales), graph.person("There", department=departments.press)

    actor = bearer(runtime, made(runtime, admin, "person:read", departments=(departments.sales,)))

    assert runtime.read(lambda uow: get_entity(uow, here).id, actor) == here
    with pytest.raises(NotFound):
        runtime.read(lambda uow: get_entity(uow, there), actor)


def test_a18_a_right_taken_from_the_user_is_taken_from_the_token(runtime: Runtime, departments: Departments) -> None:
    owner = runtime.write(lambda uow: add_user(uow, "o@example.org", {departments.sales: ["*:read"]}), SYSTEM)
    token = made(runtime, owner)
    before = may(runtime, bearer(runtime, token), "person:read", departments.sales)

    given = runtime.read(lambda uow: uow.execute(select(grant.c.id).where(grant.c.user_id == owner.user_id)).scalar_one(), SYSTEM)
    runtime.write(lambda uow: end_grant(uow, given), SYSTEM)

    assert before
    assert not may(runtime, bearer(runtime, token), "person:read", departments.sales)


def test_a18_a_token_ends_when_revoked_expired_or_its_user_is_off(runtime: Runtime, admin: Actor) -> None:
    revoked, expired, last = (made(runtime, admin) for _ in range(3))
    assert admin.user_id is not None
    owner = admin.user_id
    past = datetime.now(UTC) - timedelta(seconds=1)

    def known(token: NewToken) -> bool:
        return runtime.read(lambda uow: find_bearer(uow, token.text), SYSTEM) is not None

    assert known(revoked)
    runtime.write(lambda uow: revoke_token(uow, revoked.id), admin)
    runtime.write(
        lambda uow: uow.execute(update(token_table).where(token_table.c.id == expired.id).values(expires_at=past)), SYSTEM
    )
    assert (known(revoked), known(expired), known(last)) == (False, False, True)
    runtime.write(lambda uow: add_user(uow, "second@example.org", {None: ["*:*"]}, depth="all"), SYSTEM)
    runtime.write(lambda uow: deactivate_user(uow, owner), SYSTEM)
    assert not known(last)


@pytest.mark.parametrize("text", ["", "xrm_", "xrm_unknown", "xrm_é", "Bearer xrm_x"])
def test_what_is_no_token_belongs_to_nobody(runtime: Runtime, text: str) -> None:
    assert runtime.read(lambda uow: find_bearer(uow, text), SYSTEM) is None


def test_a63_only_the_beginning_is_kept(runtime: Runtime, admin: Actor) -> None:
    token = made(runtime, admin)

    kept = str(runtime.read(lambda uow: uow.execute(select(token_table)).all(), SYSTEM))
    audited = str(runtime.read(lambda uow: uow.execute(select(audit_value)).all(), SYSTEM))

    assert token.text.startswith(token.prefix)
    assert len(token.prefix) == 10
    assert token.prefix in kept
    assert token.text not in kept + audited
    assert token.prefix in audited


def test_a_token_neither_makes_nor_revokes_tokens_nor_passwords(runtime: Runtime, admin: Actor, departments: Departments) -> None:
    owner = runtime.write(lambda uow: add_user(uow, "o@example.org", {departments.sales: ["*:read"]}), SYSTEM)
    assert owner.user_id is not None
    user_id = owner.user_id
    token = made(runtime, owner)
    actor = bearer(runtime, token)

    for step in (
        lambda: made(runtime, actor), lambda: runtime.write(lambda uow: revoke_token(uow, token.id), actor),
        lambda: runtime.write(lambda uow: set_password(uow, user_id, "another one"), actor),
    ):
        with pytest.raises(PermissionDenied):
            step()
    with pytest.raises(PermissionDenied):
        made(runtime, bearer(runtime, made(runtime, admin)))


def test_a09_nobody_makes_a_token_of_somebody_with_more_rights(runtime: Runtime, admin: Actor) -> None:
    helper = runtime.write(lambda uow: add_user(uow, "desk@example.org", {None: ["user:administer"]}, depth="all"), SYSTEM)
    assert admin.user_id is not None
    owner = admin.user_id

    with pytest.raises(PermissionDenied):
        runtime.write(lambda uow: create_token(uow, owner, "theirs", expires_at=None), helper)


def test_a_department_administrator_sees_the_tokens_of_users_of_their_department_alone(
    runtime: Runtime, admin: Actor, departments: Departments
) -> None:
    local = runtime.write(lambda uow: add_user(uow, "local@example.org", {departments.sales: ["*:administer"]}), SYSTEM)
    inside = runtime.write(lambda uow: add_user(uow, "inside@example.org", {departments.sales: ["*:read"]}), SYSTEM)
    both = runtime.write(
        lambda uow: add_user(uow, "both@example.org", {departments.sales: ["*:read"], departments.press: ["*:read"]}), SYSTEM
    )
    theirs, beyond, chief = made(runtime, inside), made(runtime, both), made(runtime, admin)

    assert [one.id for one in runtime.read(list_tokens, local)] == [theirs.id]
    assert {one.id for one in runtime.read(list_tokens, admin)} == {theirs.id, beyond.id, chief.id}
    assert runtime.read(list_tokens, inside) == []
    assert [one.id for one in runtime.read(list_own_tokens, inside)] == [theirs.id]
    for foreign in (beyond, chief):
        with pytest.raises(NotFound):
            runtime.write(lambda uow: revoke_token(uow, foreign.id), local)
    runtime.write(lambda uow: revoke_token(uow, theirs.id), local)
    assert [one.state for one in runtime.read(list_own_tokens, inside)] == ["revoked"]


@pytest.mark.parametrize(
    ("name", "scopes", "expires_at", "path"),
    [
        ("", ("*:read",), None, "name"), ("x", (), None, "scopes"), ("x", ("everything",), None, "scopes"),
        ("x", ("*:read; drop",), None, "scopes"), ("x", ("*:read",), datetime(2020, 1, 1, tzinfo=UTC), "expires"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(
    runtime: Runtime, admin: Actor, name: str, scopes: tuple[str, ...], expires_at: datetime | None, path: str
) -> None:
    assert admin.user_id is not None
    user_id = admin.user_id

    with pytest.raises(InvalidInput) as caught:
        runtime.write(lambda uow: create_token(uow, user_id, name, scopes=scopes, expires_at=expires_at), admin)

    assert [one.path for one in caught.value.problems] == [path]


def test_the_last_use_is_the_latest(runtime: Runtime, admin: Actor) -> None:
    token = made(runtime, admin)
    late, early = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)

    runtime.write(lambda uow: note_uses(uow, {token.id: late}), SYSTEM)
    runtime.write(lambda uow: note_uses(uow, {token.id: early}), SYSTEM)

    (shown,) = runtime.read(list_own_tokens, admin)
    assert shown.last_used_at == late
