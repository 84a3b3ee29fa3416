# SPDX-License-Identifier: Apache-2.0
"""Every public function that writes takes the unit of work first and asks for the right."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.architecture.tree import ROOT, called_names, files, functions, parse, write

# "folder:function" → why it may go without asking for a right. An entry that is no longer needed fails.
EXEMPT: Mapping[str, str] = {
    "access:change_own_settings": "everybody may change their own language and looks; the actor is the only row touched",
    "audit:record_audit": "called by services that have asked",
    "audit:write_audit": "called by the runtime at the end of each unit of work",
    "contact_points:add_checked": "its callers have asked, for many at once",
    "contact_points:mark_bounced": "what a mail server says of an address is written by channels, which act for the system",
    "contact_points:prepare": "checks values and writes nothing",
    "files:attach_files": "part of a change whose service has asked; touches only new files of the actor",
    "files:save_file": "part of a change whose service has asked; what belongs to nothing is seen by its sender alone",
    "jobs:enqueue": "part of a change whose service has asked; the job acts as the system and asks for itself",
    "tokens:note_uses": "notes the moment at which tokens were used; the request that used them was let in by them",
    "identifiers:insert_identifiers": "its callers have asked, for many at once",
    "plugin_host:note_quarantine": "the host does it for the system when a plugin has failed too often",
}


def service_problems(core: Path, exempt: Mapping[str, str]) -> Iterator[str]:
    needed = set()
    for path in files(core, "service.py"):
        module = parse(path)
        asking = _functions_that_ask(module)
        for function in _public(module):
            name = f"{path.parent.name}:{function.name}"
            if not function.args.args or function.args.args[0].arg != "uow":
                yield f"{path}:{function.lineno}: {function.name} does not take uow first"
            if function.name not in asking:
                needed.add(name)
                if name not in exempt:
                    yield f"{path}:{function.lineno}: {function.name} never calls require; ask for the right in its first line"
    for name in sorted(set(exempt) - needed):
        yield f"the exemption {name} is not needed (any more); remove it"


def _public(module: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in module.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"))


def _functions_that_ask(module: ast.Module) -> set[str]:
    # A function asks when it calls require…, or hands over to a function of the same module that asks. What only finds a row
    # filters by visible… instead.
    calls = {function.name: called_names(function) for function in functions(module)}
    asking = {name for name, called in calls.items() if any(word.lstrip("_").startswith(_gate(name)) for word in called)}
    while more := {name for name, called in calls.items() if any(_hands_on(one, asking) for one in called)} - asking:
        asking |= more
    return asking


def _hands_on(called: str, asking: set[str]) -> bool:
    return called in asking and not called.startswith("find_")  # finding a row is no right to change it


def _gate(function: str) -> tuple[str, ...]:
    return ("require", "visible") if function.startswith("find_") else ("require",)


def test_every_service_takes_the_unit_of_work_and_asks_for_the_right() -> None:
    assert list(service_problems(ROOT / "core" / "xrm", EXEMPT)) == []


def test_there_are_services_to_look_at() -> None:
    assert len(list(files(ROOT / "core" / "xrm", "service.py"))) >= 5


def test_a_service_that_does_not_ask_is_found(tmp_path: Path) -> None:
    write(tmp_path, "parties/service.py", "def create_party(uow):\n    uow.execute(1)\n")

    assert len(list(service_problems(tmp_path, {}))) == 1


def test_a_service_without_unit_of_work_is_found(tmp_path: Path) -> None:
    write(tmp_path, "parties/service.py", "def create_party(name):\n    require(name)\n")

    assert len(list(service_problems(tmp_path, {}))) == 1


def test_asking_through_another_function_of_the_module_counts(tmp_path: Path) -> None:
    text = "def create_party(uow):\n    _load(uow)\n\n\ndef _load(uow):\n    policy.require(uow, 'party:create')\n"
    write(tmp_path, "parties/service.py", text)

    assert list(service_problems(tmp_path, {})) == []


def test_an_exemption_that_is_not_needed_is_found(tmp_path: Path) -> None:
    write(tmp_path, "parties/service.py", "def create_party(uow):\n    require(uow)\n")

    assert len(list(service_problems(tmp_path, {"parties:create_party": "a reason", "parties:gone": "a reason"}))) == 2
