# SPDX-License-Identifier: Apache-2.0
"""``xrm department``: renamed, moved, deleted."""

from __future__ import annotations

from tests.cli.conftest import Xrm


def test_a_department_is_renamed_moved_and_deleted(xrm: Xrm) -> None:
    xrm.given("department", "create", "North")
    xrm.given("department", "rename", "North", "Nord")
    xrm.given("department", "move", "Nord", "--parent", "Sales")
    depths = {one["name"]: one["depth"] for one in xrm.given("department", "list")["items"]}
    full = xrm("department", "delete", "Sales")
    xrm.given("department", "move", "Nord", "--top")
    xrm.given("department", "delete", "Nord")

    assert depths == {"Sales": 0, "Nord": 1}
    assert (full.code != 0, "not empty" in full.err) == (True, True)
    assert [one["name"] for one in xrm.given("department", "list")["items"]] == ["Sales"]


def test_a_move_says_where_to(xrm: Xrm) -> None:
    assert xrm("department", "move", "Sales").code == 2
    assert xrm("department", "move", "Sales", "--top", "--parent", "Sales").code == 2


def test_contents_are_looked_at_and_moved(xrm: Xrm) -> None:
    xrm.given("department", "create", "North")
    xrm.made("entity", "create", "organization", "--set", "name=Acme", "--department", "North")
    asked = ("department", "move-contents", "North", "--to", "Sales")

    told, shown, moved = xrm.given(*asked, "--preview"), xrm(*asked, "--preview"), xrm.given(*asked, "--type", "organization")
    again = xrm(*asked)

    assert (told["possible"], [(one["name"], one["count"]) for one in told["kinds"]]) == (True, [("organization", 1)])
    assert (shown.code, "organization" in shown.out) == (0, True)
    assert (moved["moved"], moved["job"]) == (1, None)
    assert (again.code != 0, "Nothing stands in North" in again.err) == (True, True)
