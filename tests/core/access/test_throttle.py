# SPDX-License-Identifier: Apache-2.0
"""Guessing is slowed down, also in parallel and from many places; who signed in before from this browser still comes in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from xrm.access.models import sign_in_attempt
from xrm.access.throttle import Door, doors_of_code, doors_of_login, forgive, network_of, take_try
from xrm.errors import Conflict
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork, system_actor

SYSTEM = system_actor()
LOGIN = "nadia@example.org"


def taken(runtime: Runtime, doors: tuple[Door, ...]) -> bool:
    """Whether one more try is let through."""
    try:
        runtime.write(lambda uow: take_try(uow, doors), SYSTEM)
    except Conflict as error:
        return error.code != "throttled"
    return True


def age(runtime: Runtime, by: timedelta) -> None:
    """Let this much time have passed since the tries."""
    at = datetime.now(UTC) - by
    runtime.write(lambda uow: uow.execute(update(sign_in_attempt).values(last_at=at)), SYSTEM)


def test_a_door_waits_longer_each_time(runtime: Runtime) -> None:
    doors = doors_of_login(LOGIN, "192.0.2.1")

    assert [taken(runtime, doors) for _ in range(7)] == [True] * 5 + [False, False]
    age(runtime, timedelta(seconds=1.5))
    assert [taken(runtime, doors), taken(runtime, doors)] == [True, False]
    age(runtime, timedelta(seconds=1.5))
    assert not taken(runtime, doors)
    age(runtime, timedelta(seconds=2.5))
    assert taken(runtime, doors)


def test_tries_in_parallel_do_not_slip_through(runtime: Runtime) -> None:
    doors = doors_of_login(LOGIN, "192.0.2.1")
    with ThreadPoolExecutor(12) as pool:
        went = sum(pool.map(lambda _: taken(runtime, doors), range(24)))

    assert went == 5


def test_many_addresses_slow_the_login_down_and_not_its_own_browser(runtime: Runtime) -> None:
    tries = [taken(runtime, doors_of_login(LOGIN, f"198.51.100.{number}")) for number in range(22)]

    assert tries == [True] * 20 + [False, False]
    assert taken(runtime, doors_of_login(LOGIN, "203.0.113.9", "a browser that signed in before"))
    assert taken(runtime, doors_of_login("other@example.org", "203.0.113.9"))


def test_a_browser_that_signed_in_before_is_slowed_down_by_its_own_tries(runtime: Runtime) -> None:
    doors = doors_of_login(LOGIN, "192.0.2.1", "a stolen browser")

    assert [taken(runtime, doors) for _ in range(7)] == [True] * 5 + [False, False]


def test_one_address_trying_many_logins_is_slowed_down(runtime: Runtime) -> None:
    tries = [taken(runtime, doors_of_login(f"user{number}@example.org", f"2001:db8::{number:x}")) for number in range(52)]

    assert tries == [True] * 50 + [False, False]
    assert taken(runtime, doors_of_login("user51@example.org", "2001:db8:0:1::1"))


def test_codes_are_slowed_down_wherever_they_come_from(runtime: Runtime) -> None:
    tries = [taken(runtime, doors_of_code("user", f"198.51.100.{number}")) for number in range(7)]

    assert tries == [True] * 5 + [False, False]


def test_success_forgets_own_failures_and_takes_back_one_of_the_shared(runtime: Runtime) -> None:
    doors = doors_of_login(LOGIN, "192.0.2.1")
    for _ in range(3):
        taken(runtime, doors)

    def settle(uow: UnitOfWork) -> list[int]:
        forgive(uow, doors)
        return sorted(uow.execute(select(sign_in_attempt.c.failures)).scalars())

    assert runtime.write(settle, SYSTEM) == [2, 2]


def test_tries_are_forgotten_after_a_day(runtime: Runtime) -> None:
    doors = doors_of_login(LOGIN, "192.0.2.1")
    for _ in range(5):
        taken(runtime, doors)
    old = datetime.now(UTC) - timedelta(hours=25)
    row = {"key": "another", "failures": 99, "last_at": old}
    runtime.write(lambda uow: uow.execute(insert(sign_in_attempt).values(row)), SYSTEM)
    age(runtime, timedelta(hours=25))

    assert taken(runtime, doors)
    runtime.write(lambda uow: forgive(uow, doors), SYSTEM)
    kept = runtime.read(lambda uow: uow.execute(select(sign_in_attempt.c.key)).scalars().all(), SYSTEM)
    assert set(kept) == {door.key for door in doors if not door.is_own}


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("::ffff:192.0.2.7", "192.0.2.7"),
     ("fe80::1%eth0", "fe80::/64"), ("nonsense", "nonsense"), ("", "")],
)  # fmt: skip
def test_an_owner_of_many_addresses_counts_once(address: str, network: str) -> None:
    assert network_of(address) == network
