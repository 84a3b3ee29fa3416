# SPDX-License-Identifier: Apache-2.0
"""Each hook keeps its signature, is documented with exactly that signature, and is used by a plugin of ours."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.architecture.tree import ROOT, files, functions, parse, write

HOOKSPECS = ROOT / "core" / "xrm" / "plugin_host" / "hookspecs.py"
DOCUMENTATION = ROOT / "docs" / "hooks.md"
# The contract with plugins that others wrote: a change here is a change of PLUGIN_API_VERSION.
SIGNATURES = {
    "actions": "uow, entity",
    "dashboard_cards": "uow",
    "health_checks": "uow",
    "menu_items": "uow",
    "narrow_visibility": "uow, types",
    "panels": "uow, entity",
    "register_channels": "",
    "register_entity_types": "",
    "register_field_types": "",
    "register_interaction_kinds": "",
    "register_relationship_types": "",
    "register_score_models": "",
    "validate_entities": "uow, changes",
}
# Hooks that none of our plugins implements in Python, with the reason. An entry that is no longer needed fails.
UNUSED: Mapping[str, str] = {
    "register_entity_types": "the host answers for the YAML files of every plugin; types computed in Python are for others",
    "register_field_types": "the door for a type of field that others need; a test implements it",
    "register_interaction_kinds": "the host answers for interactions.yaml of every plugin",
    "register_relationship_types": "the host answers for relationships.yaml of every plugin",
}


def hooks(hookspecs: Path) -> dict[str, str]:
    """Each hook with its arguments, as ``uow, entity``."""
    return {
        function.name: ", ".join(argument.arg for argument in function.args.args)
        for function in functions(parse(hookspecs))
        if _is_marked(function, "hookspec")
    }


def _is_marked(function: ast.FunctionDef | ast.AsyncFunctionDef, marker: str) -> bool:
    return any(marker in ast.unparse(decorator) for decorator in function.decorator_list)


def documentation_problems(hookspecs: Path, documentation: Path) -> Iterator[str]:
    text = documentation.read_text(encoding="utf-8") if documentation.exists() else ""
    for name, arguments in hooks(hookspecs).items():
        if f"{name}({arguments})" not in text:
            yield f"{documentation}: does not speak of {name}({arguments})"


def use_problems(hookspecs: Path, plugins: Path, unused: Mapping[str, str]) -> Iterator[str]:
    used = {
        function.name
        for path in files(plugins, "hooks.py")
        for function in functions(parse(path))
        if _is_marked(function, "hookimpl")
    }
    for name in hooks(hookspecs):
        if name not in used and name not in unused:
            yield f"no plugin of ours uses the hook {name}"
    for name in sorted(set(unused) & used | set(unused) - set(hooks(hookspecs))):
        yield f"the exemption {name} is not needed (any more); remove it"


def test_signatures_of_hooks_do_not_change_by_accident() -> None:
    assert hooks(HOOKSPECS) == SIGNATURES


def test_each_hook_is_documented_with_its_exact_arguments() -> None:
    assert list(documentation_problems(HOOKSPECS, DOCUMENTATION)) == []


def test_each_hook_is_used_by_a_plugin_of_ours() -> None:
    assert list(use_problems(HOOKSPECS, ROOT / "plugins", UNUSED)) == []


def test_a_hook_documented_with_other_arguments_is_found(tmp_path: Path) -> None:
    hookspecs = write(tmp_path, "hookspecs.py", "@hookspec\ndef panels(uow, entity): ...\n")
    documentation = write(tmp_path, "hooks.md", "## `panels(uow)`\n")

    assert len(list(documentation_problems(hookspecs, documentation))) == 1


def test_a_hook_without_plugin_and_a_stale_exemption_are_found(tmp_path: Path) -> None:
    hookspecs = write(tmp_path, "hookspecs.py", "@hookspec\ndef panels(uow): ...\n\n@hookspec\ndef cards(uow): ...\n")
    write(tmp_path, "plugins/press/xrm_press/hooks.py", "@hookimpl\ndef cards(uow): ...\n")

    assert len(list(use_problems(hookspecs, tmp_path / "plugins", {"cards": "a reason"}))) == 2
