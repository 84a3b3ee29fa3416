# SPDX-License-Identifier: Apache-2.0
"""``xrm user``: rights are taken back, logins switched and changed."""

from __future__ import annotations

from tests.cli.conftest import ADMINISTRATOR, Xrm

ANNA = "anna@example.org"


def test_rights_are_taken_back(xrm: Xrm) -> None:
    xrm.given("user", "create", ANNA, "--department", "Sales", "--set", "reader")

    ended = xrm.given("user", "revoke", ANNA, "reader", "--department", "Sales")
    again = xrm("user", "revoke", ANNA, "reader")

    assert ended["ended"] == 1
    assert (again.code, "does not have reader" in again.err) == (4, True)


def test_a_login_is_switched_off_and_on_and_gets_another_address(xrm: Xrm) -> None:
    xrm.given("user", "create", ANNA)
    xrm.given("user", "off", ANNA)
    off = {one["email"]: one["active"] for one in xrm.given("user", "list")["items"]}
    xrm.given("user", "on", ANNA)
    xrm.given("user", "change-email", ANNA, "berg@example.org")

    assert off[ANNA] is False
    assert {one["email"]: one["active"] for one in xrm.given("user", "list")["items"]}["berg@example.org"] is True


def test_a_permission_set_asks_for_a_second_factor_and_factors_are_listed(xrm: Xrm) -> None:
    asked = xrm.given("user", "ask-second-factor", "editor")
    sets = {one["name"]: one["second_factor"] for one in xrm.given("user", "sets")["items"]}
    xrm.given("user", "ask-second-factor", "editor", "--no")

    assert asked == {"set": "editor", "second_factor": True}
    assert [key for key, is_asked in sets.items() if is_asked] == ["editor"]
    assert not any(one["second_factor"] for one in xrm.given("user", "sets")["items"])
    assert xrm.given("user", "factors", ADMINISTRATOR)["items"] == []
    assert xrm.given("user", "reset-factors", ADMINISTRATOR)["reset"] is True


def test_the_last_administrator_stays(xrm: Xrm) -> None:
    for attempt in (("off", ADMINISTRATOR), ("revoke", ADMINISTRATOR, "administrator")):
        refused = xrm("user", *attempt)
        assert refused.code != 0
        assert "last administrator" in refused.err
