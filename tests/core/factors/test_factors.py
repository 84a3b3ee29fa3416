# SPDX-License-Identifier: Apache-2.0
"""Second factors: an app counts from its first code on, each code opens once, and nobody touches those of others."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyotp
import pytest
from sqlalchemy import select, update

from xrm.access.service import create_shipped_sets, create_user, give
from xrm.access.sessions import find_session, start_session
from xrm.audit.models import audit_entry, audit_value
from xrm.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from xrm.factors.codes import STEP, new_recovery_codes, step_of
from xrm.factors.models import recovery_code, totp
from xrm.factors.passkeys import NewPasskey, Proof, why_not
from xrm.factors.queries import factors_of, must_have_second, needs, waiting_secret
from xrm.factors.service import (
    add_passkey,
    confirm_app,
    remove_app,
    remove_passkey,
    renew_recovery_codes,
    reset_factors,
    start_app,
    use_code,
    use_passkey,
)
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, system_actor

SYSTEM = system_actor()
MADE = NewPasskey(b"credential", b"public key", 4, is_synced=False)


@pytest.fixture
def nadia(runtime: Runtime) -> Actor:
    """A user without rights."""
    return Actor("user", runtime.write(lambda uow: create_user(uow, "nadia@example.org"), SYSTEM))


def id_of(actor: Actor) -> uuid.UUID:
    """The id of a user who acts."""
    assert actor.user_id is not None
    return actor.user_id


def code_at(secret: str, off: int = 0) -> str:
    """The code of now, or of steps before and after."""
    return pyotp.HOTP(secret).at(int(time.time()) // STEP + off)


def set_up(runtime: Runtime, who: Actor) -> tuple[str, list[str]]:
    """An app that counts, confirmed by the code of the step before, and its recovery codes."""
    secret = runtime.write(lambda uow: start_app(uow, id_of(who)), who)
    codes = runtime.write(lambda uow: confirm_app(uow, id_of(who), code_at(secret, -1)), who)
    assert codes is not None
    return secret, codes


def test_an_app_counts_from_its_first_code_on(runtime: Runtime, nadia: Actor) -> None:
    me = id_of(nadia)
    secret = runtime.write(lambda uow: start_app(uow, me), nadia)

    assert runtime.read(lambda uow: waiting_secret(uow, me), nadia) == secret
    assert runtime.write(lambda uow: start_app(uow, me), nadia) == secret
    assert runtime.write(lambda uow: use_code(uow, me, code_at(secret)), nadia) == ""
    assert runtime.write(lambda uow: confirm_app(uow, me, "000000"), nadia) is None
    assert not runtime.read(lambda uow: factors_of(uow, me), nadia).has_second
    assert len(runtime.write(lambda uow: confirm_app(uow, me, code_at(secret)), nadia) or ()) == 10
    assert runtime.read(lambda uow: factors_of(uow, me), nadia).has_app
    with pytest.raises(Conflict):
        runtime.write(lambda uow: start_app(uow, me), nadia)


def test_the_secret_of_an_app_is_sealed(runtime: Runtime, nadia: Actor) -> None:
    secret, codes = set_up(runtime, nadia)

    kept = runtime.read(lambda uow: uow.execute(select(totp.c.secret)).scalar_one(), SYSTEM)
    hashes = runtime.read(lambda uow: uow.execute(select(recovery_code.c.code_hash)).scalars().all(), SYSTEM)
    assert secret.encode() not in kept
    assert all(code.encode() not in b"".join(hashes) for code in codes)


def test_a_code_of_the_app_opens_once(runtime: Runtime, nadia: Actor) -> None:
    secret, _ = set_up(runtime, nadia)
    now, later = code_at(secret), code_at(secret, 1)

    def use(code: str) -> str:
        return runtime.write(lambda uow: use_code(uow, id_of(nadia), code), SYSTEM)

    assert [use(code_at(secret, -1)), use(f"{now[:3]} {now[3:]}"), use(now)] == ["", "app", ""]
    assert [use(later), use(now), use("12345"), use("\u0661\u0662\u0663\u0664\u0665\u0666")] == ["app", "", "", ""]


def test_a_code_sent_many_times_at_once_opens_once(runtime: Runtime, nadia: Actor) -> None:
    secret, codes = set_up(runtime, nadia)

    for code in (code_at(secret), codes[0]):
        with ThreadPoolExecutor(6) as pool:
            used = list(pool.map(lambda _: runtime.write(lambda uow: use_code(uow, id_of(nadia), code), SYSTEM), range(6)))
        assert len([one for one in used if one]) == 1


def test_a_recovery_code_opens_once_however_it_is_typed(runtime: Runtime, nadia: Actor) -> None:
    _, codes = set_up(runtime, nadia)
    me = id_of(nadia)

    assert runtime.write(lambda uow: use_code(uow, me, codes[0].upper().replace("-", " ")), SYSTEM) == "recovery_code"
    assert runtime.write(lambda uow: use_code(uow, me, codes[0]), SYSTEM) == ""
    assert runtime.read(lambda uow: factors_of(uow, me), nadia).recovery_left == 9
    fresh = runtime.write(lambda uow: renew_recovery_codes(uow, me), nadia)
    assert runtime.write(lambda uow: use_code(uow, me, codes[1]), SYSTEM) == ""
    assert runtime.write(lambda uow: use_code(uow, me, fresh[1]), SYSTEM) == "recovery_code"


def test_a_former_key_of_the_instance_still_opens_and_is_replaced(runtime: Runtime, nadia: Actor) -> None:
    secret, _ = set_up(runtime, nadia)
    before = runtime.settings
    turned = replace(before, secret_key="another key, as long as it has to be", former_secret_keys=(before.secret_key,))
    runtime.settings = turned
    assert runtime.write(lambda uow: use_code(uow, id_of(nadia), code_at(secret)), SYSTEM) == "app"

    runtime.settings = replace(turned, former_secret_keys=())
    assert runtime.write(lambda uow: use_code(uow, id_of(nadia), code_at(secret, 1)), SYSTEM) == "app"


def test_a_passkey_whose_counter_goes_back_is_refused_and_noted(runtime: Runtime, nadia: Actor) -> None:
    me = id_of(nadia)
    one = runtime.write(lambda uow: add_passkey(uow, me, "  My   phone ", MADE), nadia)

    assert runtime.write(lambda uow: use_passkey(uow, Proof(one, 5)), SYSTEM) == me
    assert runtime.write(lambda uow: use_passkey(uow, Proof(one, 5)), SYSTEM) is None
    assert runtime.write(lambda uow: use_passkey(uow, Proof(one, 0)), SYSTEM) is None
    assert runtime.write(lambda uow: use_passkey(uow, Proof(one, 6)), SYSTEM) == me
    assert actions(runtime).count("factor.passkey_refused") == 2
    (kept,) = runtime.read(lambda uow: factors_of(uow, me), nadia).passkeys
    assert kept.name == "My phone"


def test_a_passkey_is_known_once_and_its_name_can_be_read(runtime: Runtime, nadia: Actor) -> None:
    me = id_of(nadia)
    runtime.write(lambda uow: add_passkey(uow, me, "Phone", MADE), nadia)

    with pytest.raises(Conflict):
        runtime.write(lambda uow: add_passkey(uow, me, "Phone", MADE), nadia)
    for name in ("", "\x00", "x" * 101):
        with pytest.raises(InvalidInput):
            runtime.write(lambda uow: add_passkey(uow, me, name, replace(MADE, credential_id=b"other")), nadia)


def test_recovery_codes_go_with_the_last_factor(runtime: Runtime, nadia: Actor) -> None:
    me = id_of(nadia)
    set_up(runtime, nadia)
    one = runtime.write(lambda uow: add_passkey(uow, me, "Phone", MADE), nadia)

    runtime.write(lambda uow: remove_app(uow, me), nadia)
    assert runtime.read(lambda uow: factors_of(uow, me), nadia).recovery_left == 10
    runtime.write(lambda uow: remove_passkey(uow, me, one), nadia)
    assert runtime.read(lambda uow: factors_of(uow, me), nadia).recovery_left == 0
    for gone in (lambda uow: remove_app(uow, me), lambda uow: remove_passkey(uow, me, one)):
        with pytest.raises(NotFound):
            runtime.write(gone, nadia)


def test_nobody_touches_the_factors_of_others(runtime: Runtime, nadia: Actor) -> None:
    stranger = Actor("user", runtime.write(lambda uow: create_user(uow, "b@example.org"), SYSTEM))
    me, (secret, _) = id_of(nadia), set_up(runtime, nadia)
    one = runtime.write(lambda uow: add_passkey(uow, me, "Phone", MADE), nadia)
    acts: list[Callable[[Any], object]] = [
        lambda uow: start_app(uow, me), lambda uow: confirm_app(uow, me, code_at(secret)), lambda uow: remove_app(uow, me),
        lambda uow: renew_recovery_codes(uow, me), lambda uow: use_code(uow, me, code_at(secret)),
        lambda uow: add_passkey(uow, me, "X", replace(MADE, credential_id=b"x")), lambda uow: remove_passkey(uow, me, one),
        lambda uow: use_passkey(uow, Proof(one, 9)), lambda uow: factors_of(uow, me), lambda uow: waiting_secret(uow, me),
        lambda uow: reset_factors(uow, me),
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(PermissionDenied):
            runtime.write(act, stranger)


def test_a18_an_administrator_resets_factors_and_sessions_end(runtime: Runtime, nadia: Actor, admin: Actor) -> None:
    me = id_of(nadia)
    set_up(runtime, nadia)
    token = runtime.write(lambda uow: start_session(uow, me, "", ""), SYSTEM)

    runtime.write(lambda uow: reset_factors(uow, me), admin)

    found = runtime.read(lambda uow: factors_of(uow, me), nadia)
    assert (found.has_second, found.recovery_left) == (False, 0)
    assert runtime.read(lambda uow: find_session(uow, token), SYSTEM) is None
    assert "factor.reset" in actions(runtime)


def test_what_is_needed_depends_on_the_setting_and_the_method(runtime: Runtime, nadia: Actor) -> None:
    runtime.write(create_shipped_sets, SYSTEM)
    boss = Actor("user", runtime.write(lambda uow: create_user(uow, "boss@example.org"), SYSTEM))
    runtime.write(lambda uow: give(uow, id_of(boss), "administrator", depth="all"), SYSTEM)

    def needed(who: Actor, setting: str, method: str = "password") -> str:
        runtime.settings = replace(runtime.settings, second_factor=setting)
        return runtime.read(lambda uow: needs(uow, method), who)

    assert [needed(nadia, one) for one in ("optional", "administrators", "everybody")] == ["", "", "enrolment"]
    assert [needed(boss, one) for one in ("optional", "administrators", "everybody")] == ["", "enrolment", "enrolment"]
    assert needed(boss, "everybody", "passkey") == needed(boss, "everybody", "single_sign_on") == ""
    assert runtime.read(must_have_second, boss)
    set_up(runtime, nadia)
    assert [needed(nadia, "optional", one) for one in ("password", "link", "anything new", "passkey")] == ["second"] * 3 + [""]


def test_the_audit_log_holds_no_secret(runtime: Runtime, nadia: Actor) -> None:
    secret, codes = set_up(runtime, nadia)
    runtime.write(lambda uow: use_code(uow, id_of(nadia), codes[0]), SYSTEM)

    written = "".join(runtime.read(lambda uow: uow.execute(select(audit_value.c.changes)).scalars().all(), SYSTEM))
    assert {"factor.app_added", "factor.recovery_code_used"} <= set(actions(runtime))
    assert secret not in written
    assert codes[0] not in written


def actions(runtime: Runtime) -> list[str]:
    """What the audit log says was done."""
    return list(runtime.read(lambda uow: uow.execute(select(audit_entry.c.action)).scalars(), SYSTEM))


def test_a_clock_may_be_one_step_off() -> None:
    secret, now = pyotp.random_base32(), datetime(2026, 1, 1, 12, tzinfo=UTC)
    step = int(now.timestamp()) // STEP
    generator = pyotp.HOTP(secret)

    found = [step_of(secret, generator.at(step + off), now) for off in (-2, -1, 0, 1, 2)]

    assert found[1:4] == [step - 1, step, step + 1]
    assert (found[0], found[4]) == (None, None)


def test_recovery_codes_are_many_and_differ() -> None:
    codes = new_recovery_codes()

    assert len(set(codes)) == 10
    assert {len(code) for code in codes} == {19}


@pytest.mark.parametrize(
    ("address", "problem"),
    [("http://127.0.0.1:5000", "not a number"), ("http://crm.example.org", "https"), ("https://crm.example.org", ""),
     ("http://localhost:5000", ""), ("https://[::1]", "not a number")],
)  # fmt: skip
def test_passkeys_need_a_name_and_https(runtime: Runtime, address: str, problem: str) -> None:
    why = why_not(replace(runtime.settings, base_url=address))

    assert (str(why) if why else "") == "" if not problem else problem in str(why)


def test_a_secret_planted_from_another_row_does_not_open(runtime: Runtime, nadia: Actor) -> None:
    other = Actor("user", runtime.write(lambda uow: create_user(uow, "b@example.org"), SYSTEM))
    set_up(runtime, nadia)
    set_up(runtime, other)
    theirs = select(totp.c.secret).where(totp.c.user_id == nadia.user_id)
    sealed = runtime.read(lambda uow: uow.execute(theirs).scalar_one(), SYSTEM)
    planted = update(totp).where(totp.c.user_id == other.user_id).values(secret=sealed)
    runtime.write(lambda uow: uow.execute(planted), SYSTEM)

    with pytest.raises(Exception, match="belongs to another row"):
        runtime.write(lambda uow: use_code(uow, id_of(other), "123456"), SYSTEM)
