# SPDX-License-Identifier: Apache-2.0
"""``xrm plugin preview --change upgrade|remove``, for people and programs, and what ``apply`` and ``remove`` make of it."""

from __future__ import annotations

import os
import sys

import pytest

from tests.cli.conftest import Outcome, Xrm
from tests.factories.upgraded import install_first, install_second
from xrm.settings import load_settings

pytestmark = pytest.mark.by_turns


@pytest.fixture
def harbour(xrm_on_both: Xrm) -> Xrm:
    """Commands on an instance with version 1.0 of the plugin, applied, and a berth."""
    install_first(load_settings())
    xrm_on_both.read_declarations_again()
    xrm_on_both.given("schema", "apply")
    xrm_on_both.made("entity", "create", "berth", "--set", "name=Quai")
    return xrm_on_both


def test_an_upgrade_is_told_and_then_applied(harbour: Xrm) -> None:
    install_second(load_settings())

    found = harbour.given("plugin", "preview", "harbour", "--change", "upgrade", "--department", "Sales")
    shown = harbour("plugin", "preview", "harbour", "--change", "upgrade")

    assert (found["plugin"], found["change"], found["applied_version"], found["version"]) == ("harbour", "upgrade", "1.0", "2.0")
    assert (found["department"], found["enabled"], found["rows"]["berth"]) == ("Sales", True, 1)
    assert found["rights"]["comes"] == [f"ship:{verb}" for verb in ("read", "create", "update", "delete")]
    assert (found["schema"]["risk"], found["needs_restart"], found["commands"]) == (
        "safe", True, ["xrm schema apply --plugin harbour"]
    )
    assert "Harbour: 1.0 was applied, 2.0 is installed" in shown.out
    assert "It calls another machine: weather.example.org." in shown.out

    harbour.read_declarations_again()
    harbour.given("schema", "apply", "--plugin", "harbour")
    after = harbour.given("plugin", "preview", "harbour", "--change", "upgrade")

    assert (after["needed"], after["applied_version"], after["department"]) == (False, "2.0", None)
    assert len(harbour.given("audit", "list", "--action", "plugin.applied")["items"]) >= 2


def test_a_removal_is_told_and_done_when_its_name_is_typed(harbour: Xrm, monkeypatch: pytest.MonkeyPatch) -> None:
    found = harbour.given("plugin", "preview", "harbour", "--change", "remove", "--department", "Sales")
    shown = harbour("plugin", "preview", "harbour", "--change", "remove")

    assert (found["possible"], found["commands"]) == (True, ["xrm plugin remove harbour"])
    assert (found["inventory"]["entity_types"], found["by_department"]) == ({"berth": 1}, {"Sales": {"berth": 1}})
    assert (found["department"], found["rows"]["berth"]) == ("Sales", 1)
    assert "berths: 1" in shown.out

    wrong, right = (_typed(harbour, monkeypatch, word) for word in ("harbor", "harbour"))

    assert (wrong.code, "Nothing was changed" in wrong.err) == (3, True)
    assert (right.code, "harbour is off" in right.err) == (0, True)
    assert harbour("plugin", "preview", "nobody", "--change", "remove").code == 4


def _typed(xrm: Xrm, monkeypatch: pytest.MonkeyPatch, word: str) -> Outcome:
    read, write = os.pipe()
    os.write(write, f"{word}\n".encode())
    with monkeypatch.context() as patch, os.fdopen(read) as stream:
        patch.setattr(sys, "stdin", stream)
        patch.setattr(stream, "isatty", lambda: True)
        outcome = xrm("plugin", "remove", "harbour")
    os.close(write)
    return outcome
