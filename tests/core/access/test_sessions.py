# SPDX-License-Identifier: Apache-2.0
"""Sessions: how long they live, who sees and ends them, and when their token changes."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from xrm.access.agents import device_of
from xrm.access.models import session, sign_in_ticket, user
from xrm.access.service import create_shipped_sets, create_user, deactivate_user, give, set_password
from xrm.access.sessions import end_one, end_sessions, find_session, hash_token, list_sessions, renew_session, start_session
from xrm.access.tickets import issue_ticket, look_at_ticket, take_ticket
from xrm.audit.models import audit_entry
from xrm.errors import NotFound, PermissionDenied
from xrm.factors.service import reset_factors
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

SYSTEM = system_actor()


@pytest.fixture
def nadia(runtime: Runtime) -> uuid.UUID:
    """A user without rights."""
    return runtime.write(lambda uow: create_user(uow, "nadia@example.org", name="Nadia"), SYSTEM)


def begin(runtime: Runtime, user_id: uuid.UUID) -> str:
    """The token of a new session."""
    return runtime.write(lambda uow: start_session(uow, user_id, "192.0.2.1", "Firefox/140.0 Windows", method="password"), SYSTEM)


def is_open(runtime: Runtime, token: str) -> bool:
    """Whether the token still opens a session."""
    return runtime.read(lambda uow: find_session(uow, token), SYSTEM) is not None


def change(runtime: Runtime, token: str, **values: Any) -> None:
    """Write times of a session as if they were long ago."""
    statement = update(session).where(session.c.token_hash == hash_token(token)).values(**values)
    runtime.write(lambda uow: uow.execute(statement), SYSTEM)


def test_a_session_ends_when_idle_and_after_its_days(runtime: Runtime, nadia: uuid.UUID) -> None:
    runtime.settings = replace(runtime.settings, session_idle_minutes=30, session_days=2)
    idle, old, good = (begin(runtime, nadia) for _ in range(3))
    change(runtime, idle, seen_at=datetime.now(UTC) - timedelta(minutes=31))
    change(runtime, old, created_at=datetime.now(UTC) - timedelta(days=3))

    listed = runtime.read(lambda uow: list_sessions(uow, nadia, this=good), SYSTEM)

    assert [is_open(runtime, token) for token in (idle, old, good)] == [False, False, True]
    assert [(row.is_this, row.address, device_of(row.agent)) for row in listed] == [(True, "192.0.2.1", ("Firefox", "Windows"))]


def switched_off(uow: UnitOfWork, one: uuid.UUID) -> None:
    deactivate_user(uow, one)


def deleted(uow: UnitOfWork, one: uuid.UUID) -> None:
    uow.execute(delete(user).where(user.c.id == one))


def given_a_password(uow: UnitOfWork, one: uuid.UUID) -> None:
    set_password(uow, one, "correct horse battery")


def without_factors(uow: UnitOfWork, one: uuid.UUID) -> None:
    reset_factors(uow, one)


def signed_out(uow: UnitOfWork, one: uuid.UUID) -> None:
    end_sessions(uow, one)


@pytest.mark.parametrize("event", [switched_off, deleted, given_a_password, without_factors, signed_out])
def test_a18_no_session_and_no_half_sign_in_outlives_this(runtime: Runtime, nadia: uuid.UUID, event: Any) -> None:
    tokens = [begin(runtime, nadia), begin(runtime, nadia)]
    ticket = runtime.write(lambda uow: issue_ticket(uow, "second", user_id=nadia, method="password"), SYSTEM)

    runtime.write(lambda uow: event(uow, nadia), SYSTEM)

    assert [is_open(runtime, token) for token in tokens] == [False, False]
    assert runtime.read(lambda uow: look_at_ticket(uow, ticket, "second"), SYSTEM) is None


def test_one_session_ends_and_the_others_stay(runtime: Runtime, nadia: uuid.UUID) -> None:
    this, other = begin(runtime, nadia), begin(runtime, nadia)
    me = Actor("user", nadia)
    listed = runtime.read(lambda uow: list_sessions(uow, nadia, this=this), me)
    handle = next(row.handle for row in listed if not row.is_this)

    runtime.write(lambda uow: end_one(uow, nadia, handle), me)

    assert (is_open(runtime, this), is_open(runtime, other)) == (True, False)
    with pytest.raises(NotFound):
        runtime.write(lambda uow: end_one(uow, nadia, handle), me)


def test_nobody_sees_or_ends_the_sessions_of_others(runtime: Runtime, nadia: uuid.UUID, admin: Actor) -> None:
    begin(runtime, nadia)
    stranger = Actor("user", runtime.write(lambda uow: create_user(uow, "b@example.org"), SYSTEM))

    with pytest.raises(PermissionDenied):
        runtime.read(lambda uow: list_sessions(uow, nadia), stranger)
    with pytest.raises(PermissionDenied):
        runtime.write(lambda uow: end_sessions(uow, nadia), stranger)
    with pytest.raises(PermissionDenied):
        runtime.write(lambda uow: end_one(uow, nadia, "x"), stranger)
    assert runtime.write(lambda uow: end_sessions(uow, nadia), admin) == 1
    actions = runtime.read(lambda uow: uow.execute(select(audit_entry.c.action)).scalars().all(), SYSTEM)
    assert "user.sessions_ended" in actions


def test_a23_more_rights_ask_for_a_new_token(runtime: Runtime, nadia: uuid.UUID) -> None:
    token = begin(runtime, nadia)
    runtime.write(create_shipped_sets, SYSTEM)
    runtime.write(lambda uow: give(uow, nadia, "reader", depth="all"), SYSTEM)

    found = runtime.read(lambda uow: find_session(uow, token), SYSTEM)
    fresh = runtime.write(lambda uow: renew_session(uow, token), SYSTEM)

    assert found is not None
    assert found.wants_renewal
    assert fresh is not None
    assert (is_open(runtime, token), is_open(runtime, fresh)) == (False, True)
    assert runtime.write(lambda uow: renew_session(uow, token), SYSTEM) is None


def test_a_ticket_opens_once_for_its_purpose_and_for_minutes(runtime: Runtime, nadia: uuid.UUID) -> None:
    one, late = (runtime.write(lambda uow: issue_ticket(uow, "second", user_id=nadia), SYSTEM) for _ in range(2))
    over = update(sign_in_ticket).where(sign_in_ticket.c.token_hash == hash_token(late))
    runtime.write(lambda uow: uow.execute(over.values(expires_at=datetime.now(UTC))), SYSTEM)

    def take(token: str, purpose: str) -> bool:
        return runtime.write(lambda uow: take_ticket(uow, token, purpose), SYSTEM) is not None

    assert not take(one, "enrolment")
    assert [take(one, "second"), take(one, "second")] == [True, False]
    assert not take(late, "second")
    assert not take("made up", "second")


@pytest.mark.parametrize(
    ("agent", "names"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
         ("Edge", "Windows")),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1",
         ("Safari", "iPhone")),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", ("Chrome", "Android")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", ("Firefox", "Linux")),
        ("", ("", "")),
    ],
)  # fmt: skip
def test_browsers_are_named_as_people_know_them(agent: str, names: tuple[str, str]) -> None:
    assert device_of(agent) == names
