# SPDX-License-Identifier: Apache-2.0
"""What the documentation says of hooks is what they are; its examples are whole and accepted."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from tests.core.plugin_host.conftest import Strangers
from tests.instances import BASE
from xrm import plugin_api
from xrm.assembling import build
from xrm.plugin_host.hookspecs import HOOKS
from xrm.schema.fields.builtin import BUILTIN

ROOT = Path(__file__).parents[3]
HOOKS_PAGE = (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "writing-a-plugin.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^`([\w./-]+)`\n\n```\w+\n(.*?)```$", GUIDE, re.DOTALL | re.MULTILINE)
THIRD_PARTY = ROOT / "tests" / "third_party"
DATACLASSES = {
    name: value for name, value in vars(plugin_api).items()
    if name in plugin_api.__all__ and dataclasses.is_dataclass(value) and name not in {"Entity", "Field", "Message", "UnitOfWork"}
}


def section(hook: str) -> str:
    return re.split(r"^##+ ", HOOKS_PAGE.partition(f"### `{hook}(")[2], maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("hook", HOOKS)
def test_each_hook_says_what_it_returns(hook: str) -> None:
    assert f"Returns a list of `{HOOKS[hook].returns.__name__}" in section(hook)


@pytest.mark.parametrize("hook", [hook for hook in HOOKS if "```python" in section(hook)])
def test_the_example_of_each_hook_is_accepted(strangers: Strangers, hook: str) -> None:
    example = re.search(r"```python\n(.*?)```", section(hook), re.DOTALL)
    assert example is not None
    folder = strangers.add("example", "", asks_for="narrows: [release]")
    (folder / "hooks.py").write_text(example[1], encoding="utf-8")

    host = strangers.host()

    assert host.get("example").problem is None
    assert f"def {hook}(" in example[1]


@pytest.mark.parametrize("name", DATACLASSES)
def test_what_hooks_return_is_documented_with_its_arguments(name: str) -> None:
    pattern = rf"`{name}\(([^`]*)\)`" if name != "OutgoingMessage" else rf"`{name}` has `([^`]*)`"
    if name in {"SendResult"}:
        assert f"`{name}.sent(" in HOOKS_PAGE
        return
    found = re.search(pattern, HOOKS_PAGE)
    assert found is not None
    documented = re.findall(r"(\w+)(?:=(?:\([^)]*\)|[^,]*))?", re.sub(r"\(\"title\",\)|\(\)|\{\}", "x", found[1]))

    fields = [field.name for field in dataclasses.fields(DATACLASSES[name])]
    assert [word for word in documented if word in fields] == fields


@pytest.mark.parametrize(("path", "text"), EXAMPLES, ids=[path for path, _ in EXAMPLES])
def test_the_guide_shows_the_files_that_are_tested(path: str, text: str) -> None:
    assert (THIRD_PARTY / path).read_text(encoding="utf-8") == text


def test_the_guide_lists_every_field_type_with_its_own_options() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]*)\|$", GUIDE, re.MULTILINE)

    assert [(name, set(re.findall(r"`(\w+)`", options))) for name, options in rows] == [
        (one.name, set(one.options)) for one in BUILTIN
    ]


def test_the_declarations_beside_the_field_types_are_accepted(strangers: Strangers) -> None:
    shown = GUIDE.partition("## Field types")[2].partition("\n## ")[0]
    entity, role, relationships = re.findall(r"```yaml\n(.*?)```", shown, re.DOTALL)
    files = {"entities/apiary.yaml": entity, "entities/beekeeper.yaml": role, "relationships.yaml": relationships}
    strangers.add("apiaries", requires="base", files=files)
    strangers.packages |= BASE

    registry = build(strangers.host())

    assert registry.get("apiary").fields["rent"].type == "money"
    assert registry.get("beekeeper").kind == "role"
    assert "keeps_bees_for" in registry.relationship_types


def test_the_guide_shows_every_file() -> None:
    distributions = [project.parent for project in THIRD_PARTY.glob("*/pyproject.toml")]
    files = {path for folder in distributions for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts}

    assert {path for path, _ in EXAMPLES} == {str(path.relative_to(THIRD_PARTY)) for path in files}
