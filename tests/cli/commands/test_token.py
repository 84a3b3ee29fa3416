# SPDX-License-Identifier: Apache-2.0
"""``xrm token``: given once, listed by its beginning, worthless once revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.conftest import ADMINISTRATOR, Xrm

CREATE = ("token", "create", "--email", ADMINISTRATOR, "--name", "export")


def test_a_token_is_given_once_and_listed_by_its_beginning(xrm_on_both: Xrm) -> None:
    made = xrm_on_both(*CREATE, "--scope", "*:read", "--department", "Sales", "--expires", "90d", "--json")
    listed = xrm_on_both.given("token", "list")["items"]

    assert made.code == 0, made.err
    assert made.json["token"].startswith("xrm_")
    ends = datetime.fromisoformat(made.json["expires_at"])
    assert abs(ends - datetime.now(UTC) - timedelta(days=90)) < timedelta(minutes=5)
    (one,) = listed
    assert (one["prefix"], one["scopes"], one["departments"], one["state"]) == (
        made.json["token"][:10], ["*:read"], ["Sales"], "active",
    )
    assert made.json["token"] not in str(listed)


def test_for_people_the_token_alone_is_on_stdout(xrm: Xrm) -> None:
    made = xrm(*CREATE)

    assert made.out.startswith("xrm_")
    assert len(made.out.split()) == 1
    assert "only this once" in made.err


def test_revoking_is_listed(xrm: Xrm) -> None:
    one = xrm.made(*CREATE)

    assert xrm.given("token", "revoke", one) == {"id": one, "state": "revoked"}
    assert [item["state"] for item in xrm.given("token", "list", "--email", ADMINISTRATOR)["items"]] == ["revoked"]


@pytest.mark.parametrize("expires", ["soon", "0d", "-1d", "90", "99999y"])
def test_a_time_that_cannot_be_is_named(xrm: Xrm, expires: str) -> None:
    refused = xrm(*CREATE, "--expires", expires)

    assert refused.code == 2
    assert "90d" in refused.err


def test_an_unknown_user_or_scope_is_named(xrm: Xrm) -> None:
    nobody = xrm("token", "create", "--email", "nobody@example.org", "--name", "x")
    wrong = xrm(*CREATE, "--scope", "everything")

    assert (nobody.code, wrong.code) == (4, 1)
    assert "nobody@example.org" in nobody.err
    assert "subject:verb" in wrong.err
