# SPDX-License-Identifier: Apache-2.0
"""``xrm plugin enable|disable|preview|list --department``: on in one department, absent in the other, told before it is done."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Xrm
from tests.factories.removable import BERTH, PILOT, write_plugin
from xrm.settings import load_settings


@pytest.fixture
def harbour(xrm_on_both: Xrm) -> Xrm:
    """Commands on an instance with the departments Sales and Port, and the plugin harbour just put into its folder."""
    xrm = xrm_on_both
    xrm.made("department", "create", "Port")
    write_plugin(load_settings().home, "harbour", {"entities/berth.yaml": BERTH, "entities/pilot.yaml": PILOT})
    xrm.read_declarations_again()
    return xrm


def is_enabled(xrm: Xrm, department: str) -> bool:
    items = xrm.given("plugin", "list", "--department", department)["items"]
    return bool(next(one["enabled"] for one in items if one["name"] == "harbour"))


def test_on_in_one_department_and_absent_in_the_other(harbour: Xrm) -> None:
    harbour.given("schema", "apply")
    harbour.made("entity", "create", "berth", "--set", "name=Quai", "--department", "Port")

    done = harbour.given("plugin", "disable", "harbour", "--department", "Sales")

    assert done == {"plugin": "harbour", "enabled": False, "department": "Sales", "departments": ["Sales"], "changed": ["Sales"],
                    "also_enabled": []}
    assert (is_enabled(harbour, "Sales"), is_enabled(harbour, "Port")) == (False, True)
    refused = harbour("entity", "create", "berth", "--set", "name=Quai", "--department", "Sales")
    assert (refused.code, "xrm plugin enable harbour --department Sales" in refused.err) == (4, True)
    assert len(harbour.given("entity", "list", "berth")["items"]) == 1

    harbour.given("plugin", "enable", "harbour", "--department", "Sales")
    harbour.given("plugin", "disable", "harbour", "--department", "Port")

    assert (is_enabled(harbour, "Sales"), is_enabled(harbour, "Port")) == (True, False)
    assert harbour.given("entity", "list", "berth")["items"] == []
    assert harbour.given("search", "Quai")["items"] == []


def test_enabling_makes_the_tables_of_what_was_just_installed(harbour: Xrm) -> None:
    harbour.given("plugin", "enable", "harbour", "--department", "Port")

    assert harbour("schema", "plan").code == 0
    harbour.made("entity", "create", "berth", "--set", "name=Quai", "--department", "Port")


def test_what_is_so_already_is_said_and_no_error(harbour: Xrm) -> None:
    harbour.given("schema", "apply")

    again = harbour("plugin", "enable", "harbour", "--department", "Port")

    assert (again.code, again.out) == (0, "harbour is on in Port already.\n")


def test_without_department_or_with_an_unknown_one_nothing_is_done(harbour: Xrm) -> None:
    harbour.given("schema", "apply")

    nowhere, unknown = harbour("plugin", "disable", "harbour"), harbour("plugin", "disable", "harbour", "--department", "Nowhere")

    both = harbour("plugin", "disable", "harbour", "--department", "Port", "--everywhere")

    assert (nowhere.code, "--everywhere" in nowhere.err) == (1, True)
    assert (both.code, "exclude each other" in both.err) == (1, True)
    assert (unknown.code, "There is no department Nowhere" in unknown.err) == (4, True)
    assert is_enabled(harbour, "Port")
    assert harbour("plugin", "enable", "harbourr", "--department", "Port").code == 4


def test_below_and_everywhere_take_several(harbour: Xrm) -> None:
    harbour.given("schema", "apply")
    harbour.made("department", "create", "Pier", "--parent", "Port")

    below = harbour.given("plugin", "disable", "harbour", "--department", "Port", "--below")
    everywhere = harbour.given("plugin", "disable", "harbour", "--everywhere")

    assert below["changed"] == ["Port", "Pier"]
    assert everywhere["changed"] == ["Sales"]


def test_a_preview_tells_all_before_it_is_done(harbour: Xrm) -> None:
    harbour.given("schema", "apply")
    found = harbour.given("plugin", "preview", "harbour", "--department", "Port")
    shown = harbour("plugin", "preview", "harbour", "--department", "Port")

    assert (found["plugin"], found["department"], found["change"], found["enabled"]) == ("harbour", "Port", "disable", True)
    assert {one["name"] for one in found["entity_types"]} == {"berth", "pilot"}
    assert found["schema"]["count"] == 0
    assert found["code"] == []
    assert "It has no code" in shown.out
