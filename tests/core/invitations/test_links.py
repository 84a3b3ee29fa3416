# SPDX-License-Identifier: Apache-2.0
"""One-time links: kept as a hash, for one purpose, for a while, used once even by two at once."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from xrm.access.service import create_user, deactivate_user
from xrm.errors import NotFound
from xrm.invitations.links import FIRST_ADMINISTRATOR, INVITATION, LIFETIMES, RESET, find_link, make_link, use_link
from xrm.invitations.models import one_time_link
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork, system_actor

SYSTEM = system_actor()


@pytest.fixture
def nadia(runtime: Runtime) -> UUID:
    """A user with a password."""
    return runtime.write(lambda uow: create_user(uow, "nadia@example.org", name="Nadia", password="correct horse"), SYSTEM)


def make(runtime: Runtime, user_id: UUID, purpose: str = RESET) -> str:
    return runtime.write(lambda uow: make_link(uow, purpose, user_id), SYSTEM)


def test_a_link_is_found_by_its_token_and_only_its_hash_is_kept(runtime: Runtime, nadia: UUID) -> None:
    token = make(runtime, nadia)

    link = runtime.read(lambda uow: find_link(uow, token, RESET), SYSTEM)
    rows = runtime.read(lambda uow: uow.execute(select(one_time_link)).all(), SYSTEM)

    assert (link.user_id, link.email, link.purpose) == (nadia, "nadia@example.org", RESET)
    assert len(token) >= 43
    assert token not in str(rows)


def test_looking_does_not_use_it_up_and_using_does(runtime: Runtime, nadia: UUID) -> None:
    token = make(runtime, nadia)
    for _ in range(2):
        runtime.read(lambda uow: find_link(uow, token, RESET), SYSTEM)

    runtime.write(lambda uow: use_link(uow, token, RESET), SYSTEM)

    for step in (find_link, use_link):
        with pytest.raises(NotFound):
            runtime.write(lambda uow: step(uow, token, RESET), SYSTEM)


def test_a_link_is_worth_nothing_for_another_purpose(runtime: Runtime, nadia: UUID) -> None:
    token = make(runtime, nadia)

    with pytest.raises(NotFound):
        runtime.write(lambda uow: use_link(uow, token, INVITATION), SYSTEM)
    assert runtime.write(lambda uow: use_link(uow, token, RESET), SYSTEM).user_id == nadia


@pytest.mark.parametrize("purpose", [RESET, FIRST_ADMINISTRATOR, INVITATION])
def test_a_link_ends(runtime: Runtime, nadia: UUID, purpose: str) -> None:
    token = make(runtime, nadia, purpose)

    def age(uow: UnitOfWork) -> None:
        end = uow.execute(select(one_time_link.c.expires_at)).scalar_one()
        assert end == uow.execute(select(one_time_link.c.created_at)).scalar_one() + LIFETIMES[purpose]
        uow.execute(update(one_time_link).values(expires_at=uow.now - timedelta(seconds=1)))

    runtime.write(age, SYSTEM)

    with pytest.raises(NotFound):
        runtime.write(lambda uow: use_link(uow, token, purpose), SYSTEM)


def test_a28_an_invitation_never_opens_a_login_that_has_a_password(runtime: Runtime, nadia: UUID) -> None:
    token = make(runtime, nadia, INVITATION)

    with pytest.raises(NotFound):
        runtime.write(lambda uow: use_link(uow, token, INVITATION), SYSTEM)


def test_a18_a_link_ends_with_its_user(runtime: Runtime, nadia: UUID) -> None:
    token = make(runtime, nadia)
    runtime.write(lambda uow: deactivate_user(uow, nadia), SYSTEM)

    with pytest.raises(NotFound):
        runtime.write(lambda uow: use_link(uow, token, RESET), SYSTEM)


def test_using_one_ends_the_others_of_its_purpose(runtime: Runtime, nadia: UUID) -> None:
    first, second = make(runtime, nadia), make(runtime, nadia)

    runtime.write(lambda uow: use_link(uow, second, RESET), SYSTEM)

    with pytest.raises(NotFound):
        runtime.write(lambda uow: use_link(uow, first, RESET), SYSTEM)


def test_of_many_who_use_it_at_once_one_gets_it(runtime: Runtime, nadia: UUID) -> None:
    token = make(runtime, nadia)
    outcomes: list[str] = []
    start = threading.Barrier(6)

    def attempt() -> None:
        start.wait()
        try:
            runtime.write(lambda uow: use_link(uow, token, RESET), SYSTEM)
            outcomes.append("used")
        except NotFound:
            outcomes.append("gone")

    threads = [threading.Thread(target=attempt) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(outcomes) == ["gone"] * 5 + ["used"]


@pytest.mark.parametrize("token", ["", "x", "é", "a" * 5000])
def test_what_is_no_token_is_not_found(runtime: Runtime, token: str) -> None:
    with pytest.raises(NotFound):
        runtime.read(lambda uow: find_link(uow, token, RESET, INVITATION, FIRST_ADMINISTRATOR), SYSTEM)
