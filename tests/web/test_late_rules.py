# SPDX-License-Identifier: Apache-2.0
"""Routes compiled when they are asked: the same addresses, and nothing compiled before."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from werkzeug.routing import Map, Rule

from xrm_web.late_rules import LateRule

ASKED: list[tuple[str, dict[str, Any]]] = [
    ("/a/<uuid:one>", {"one": UUID(int=1)}), ("/a/<path:one>/b", {"one": "x/y z"}),
    ("/a/<one>", {"one": "é?&", "more": ["1", "2"]}),
    ("/a/<int:one>.<two>", {"one": 7, "two": "csv"}), ("/a", {}),
]  # fmt: skip


def addresses(kind: type[Rule], path: str, values: dict[str, Any]) -> list[str]:
    adapter = Map([kind(path, endpoint="e"), kind("/other/<name>", endpoint="other")]).bind("localhost")
    return [adapter.build("e", values), adapter.build("e", values, append_unknown=False), adapter.build("e", values)]


@pytest.mark.parametrize(("path", "values"), ASKED)
def test_addresses_are_the_same(path: str, values: dict[str, Any]) -> None:
    assert addresses(LateRule, path, values) == addresses(Rule, path, values)


def test_nothing_is_compiled_before_an_address_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    original = Rule._compile_builder  # what the class under test puts off

    def noting(rule: Rule, append_unknown: bool = True) -> Any:
        compiled.append(rule.endpoint)
        return original(rule, append_unknown)

    monkeypatch.setattr(Rule, "_compile_builder", noting)
    adapter = Map([LateRule(f"/{number}/<name>", endpoint=str(number)) for number in range(5)]).bind("localhost")
    before = list(compiled)
    adapter.build("3", {"name": "x"})

    assert (before, set(compiled)) == ([], {"3"})
