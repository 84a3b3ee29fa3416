# SPDX-License-Identifier: Apache-2.0
"""How often a door may be tried. Whoever guesses is slowed down; whoever signed in before from the same browser is not.

A try is counted before the password is looked at, with its rows held, so that tries in parallel do not slip through together.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, select, update

from xrm.access.models import sign_in_attempt
from xrm.db.locks import hold
from xrm.db.upsert import insert_missing
from xrm.errors import Conflict, msg
from xrm.unit_of_work import UnitOfWork

FORGOTTEN_AFTER = timedelta(days=1)
THROTTLED = "throttled"


@dataclass(frozen=True)
class Door:
    """One thing that is counted; ``is_own``: only who gets in could have tried it, so success forgets all failures."""

    key: str
    free: int
    longest: timedelta
    is_own: bool = True


def doors_of_login(login: str, address: str, device: str = "") -> tuple[Door, ...]:
    """The doors of a try with a password. ``device`` is what a browser that signed in as this login before proves.

    Such a browser has a door of its own, so that nobody who guesses from elsewhere can keep it out.
    """
    name, network = login.strip().casefold(), network_of(address)
    if device:
        return (_door("device", name, device, free=5, longest=timedelta(minutes=15)),)
    return (
        _door("login at network", name, network, free=5, longest=timedelta(minutes=15)),
        _door("login", name, free=20, longest=timedelta(minutes=1), is_own=False),
        _door("network", network, free=50, longest=timedelta(minutes=5), is_own=False),
    )


def doors_of_code(who: str, address: str, device: str = "") -> tuple[Door, ...]:
    """The doors of a try with a code of six digits, which is guessed sooner than a password: longer waits, wherever from."""
    if device:
        return (_door("code at device", who, device, free=5, longest=timedelta(hours=1)),)
    return (_door("code", who, free=5, longest=timedelta(hours=1)), *doors_of_login(f"code {who}", address)[2:])


def network_of(address: str) -> str:
    """What one guesser is likely to own: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def take_try(uow: UnitOfWork, doors: Sequence[Door]) -> None:
    """Count one try at all of these doors.

    Raises:
        Conflict: with code ``throttled`` and how long to wait, when one of them was tried too often; nothing is counted then.
    """
    keys = sorted(door.key for door in doors)
    insert_missing(uow.connection, sign_in_attempt, [{"key": key, "failures": 0, "last_at": uow.now} for key in keys])
    held = select(sign_in_attempt).where(sign_in_attempt.c.key.in_(keys)).order_by(sign_in_attempt.c.key)
    rows = {row.key: row for row in uow.execute(hold(held, to_change=True))}
    left = max(_seconds_left(door, rows[door.key], uow.now) for door in doors)
    if left > 0:
        raise Conflict(msg("Too many tries. Wait {seconds} seconds and try again.", seconds=int(left) + 1), code=THROTTLED)
    is_old = sign_in_attempt.c.last_at < uow.now - FORGOTTEN_AFTER
    uow.execute(
        update(sign_in_attempt)
        .where(sign_in_attempt.c.key.in_(keys))
        .values(failures=case((is_old, 1), else_=sign_in_attempt.c.failures + 1), last_at=uow.now)
    )


def forgive(uow: UnitOfWork, doors: Sequence[Door]) -> None:
    """Take back the try that went well: own doors forget all, shared ones this one try; rows nobody needs go."""
    own = sorted(door.key for door in doors if door.is_own)
    shared = sorted(door.key for door in doors if not door.is_own)
    counted = sign_in_attempt.c.failures
    uow.execute(delete(sign_in_attempt).where(sign_in_attempt.c.key.in_(own)))
    uow.execute(update(sign_in_attempt).where(sign_in_attempt.c.key.in_(shared), counted > 0).values(failures=counted - 1))
    uow.execute(delete(sign_in_attempt).where(sign_in_attempt.c.last_at < uow.now - FORGOTTEN_AFTER))


def _seconds_left(door: Door, row: Any, now: datetime) -> float:
    if row.failures < door.free or row.last_at < now - FORGOTTEN_AFTER:
        return 0
    wait = min(timedelta(seconds=2 ** min(row.failures - door.free, 20)), door.longest)
    return float((row.last_at + wait - now).total_seconds())


def _door(kind: str, *parts: str, free: int, longest: timedelta, is_own: bool = True) -> Door:
    return Door(hashlib.sha256("\n".join((kind, *parts)).encode()).hexdigest(), free, longest, is_own)
