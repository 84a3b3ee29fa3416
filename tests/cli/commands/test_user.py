# SPDX-License-Identifier: Apache-2.0
"""``xrm user``: sessions, passwords and second factors from the command line."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import ADMINISTRATOR, Xrm
from xrm.access.sessions import find_session, start_session
from xrm.access.users import find_user
from xrm.factors.passkeys import NewPasskey
from xrm.factors.queries import factors_of
from xrm.factors.service import add_passkey
from xrm.runtime import open_runtime
from xrm.settings import load_settings
from xrm.unit_of_work import UnitOfWork, system_actor

SYSTEM = system_actor()
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def begin(uow: UnitOfWork) -> str:
    """A session of the administrator."""
    return start_session(uow, find_user(uow, ADMINISTRATOR).id, "192.0.2.1", AGENT, method="password")


def test_sessions_are_listed_and_ended(xrm: Xrm) -> None:
    runtime = open_runtime(load_settings())
    token = runtime.write(begin, SYSTEM)

    (listed,) = xrm.given("user", "sessions", ADMINISTRATOR)["items"]
    assert (listed["browser"], listed["address"], listed["by"]) == ("Firefox Linux", "192.0.2.1", "password")
    assert token not in str(listed)
    assert xrm.given("user", "end-sessions", ADMINISTRATOR) == {"email": ADMINISTRATOR, "ended": 1}

    assert runtime.read(lambda uow: find_session(uow, token), SYSTEM) is None
    assert xrm("user", "sessions", "nobody@example.org").code == 4
    runtime.close()


def test_factors_are_reset(xrm: Xrm) -> None:
    runtime = open_runtime(load_settings())
    who = runtime.read(lambda uow: find_user(uow, ADMINISTRATOR), SYSTEM).id
    runtime.write(lambda uow: add_passkey(uow, who, "Phone", NewPasskey(b"a", b"b", 0, is_synced=False)), SYSTEM)

    assert xrm.given("user", "reset-factors", ADMINISTRATOR)["reset"]

    assert not runtime.read(lambda uow: factors_of(uow, who), SYSTEM).has_second
    runtime.close()


def test_a_password_is_set_and_a_known_one_refused(xrm: Xrm, tmp_path: Path) -> None:
    known, good = tmp_path / "known", tmp_path / "good"
    known.write_text("Password1!\n")
    good.write_text("battery horse correct\n")

    refused = xrm("user", "set-password", ADMINISTRATOR, "--password-file", str(known))
    assert refused.code == 1
    assert "tried first" in refused.err
    assert "tried first" in xrm("user", "create", "b@example.org", "--password-file", str(known)).err
    assert xrm.given("user", "set-password", ADMINISTRATOR, "--password-file", str(good))["changed"]


def test_whoever_acts_needs_the_right(xrm: Xrm) -> None:
    xrm.given("user", "create", "b@example.org")

    for command in ("sessions", "end-sessions", "reset-factors"):
        assert xrm("user", command, ADMINISTRATOR, "--as", "b@example.org").code == 5
