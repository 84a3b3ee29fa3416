# SPDX-License-Identifier: Apache-2.0
"""The manifest: what plugin.yaml may say, and what is told when it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from xrm.errors import InvalidInput
from xrm.plugin_host.manifest import AsksFor, Manifest, check_requires, load_manifest, read_manifest
from xrm.schema.load import builtin_rules
from xrm.schema.strict_yaml import parse

MANIFEST = """\
plugin: press
version: 0.1.0
label: {en: Press, fr: Presse}
summary: {en: Outlets and releases., fr: Médias et communiqués.}
works_with: {api: ">=1,<2"}
requires: [base]
asks_for: {reads: [person], sends: [email], hosts: [press.example], secrets: [key]}
settings:
  key: {type: text, label: {en: Key, fr: Clé}}
contributes: {slots: [record.panel, nav.main]}
"""


def read_text(text: str) -> Manifest:
    return read_manifest(parse(text, "plugin.yaml"), builtin_rules())


def test_a_good_manifest_is_read(tmp_path: Path) -> None:
    (tmp_path / "plugin.yaml").write_text(MANIFEST, encoding="utf-8")
    manifest = load_manifest(tmp_path / "plugin.yaml")
    assert (manifest.plugin, manifest.version, manifest.api, manifest.requires) == ("press", "0.1.0", ">=1,<2", ("base",))
    assert (manifest.label.get("fr"), manifest.summary.get("en")) == ("Presse", "Outlets and releases.")
    assert manifest.asks_for == AsksFor(reads=("person",), sends=("email",), hosts=("press.example",), secrets=("key",))
    assert manifest.settings["key"].type == "text"
    assert manifest.slots == ("record.panel", "nav.main")


@pytest.mark.parametrize(
    ("old", "new", "where", "said"),
    [
        ("plugin: press", "plugin: Press", "1:9", "a-z, 0-9 and _"),
        ("plugin: press", "plugin: x", "1:9", "reserved"),
        ("plugin: press", "plugni: press", "1:1", 'Did you mean "plugin"?'),
        ("version: 0.1.0\n", "", "1:1", "for example: 0.1.0"),
        ("version: 0.1.0", "version: latest", "2:10", "is no version"),
        (", fr: Presse", "", "3:1", "Write fr: …"),
        ('">=1,<2"', '"1.x"', "5:19", 'Write for example ">=1,<2"'),
        ('{api: ">=1,<2"}', "{}", "5:1", ">=1,<2"),
        ("requires: [base]", "requires: base", "6:11", "Write [base]"),
        ("reads: [person]", "raeds: [person]", "7:12", 'Did you mean "reads"?'),
        ("secrets: [key]", "secrets: [kye]", "7:78", 'Did you mean "key"?'),
        ("type: text", "type: txt", "9:15", 'Did you mean "text"?'),
        ("nav.main", "nav.mian", "10:37", 'Did you mean "nav.main"?'),
    ],
)
def test_each_mistake_is_located_and_told_what_to_write(old: str, new: str, where: str, said: str) -> None:
    assert old in MANIFEST
    with pytest.raises(InvalidInput) as caught:
        read_text(MANIFEST.replace(old, new, 1))
    found = [problem.where for problem in caught.value.problems if said in str(problem.message)]
    assert f"plugin.yaml:{where}" in found, caught.value.problems


def test_a_version_of_two_numbers_needs_no_quotes() -> None:
    assert read_text(MANIFEST.replace("0.1.0", "1.10")).version == "1.10"


def test_an_unknown_requirement_is_told_which_was_meant() -> None:
    press = read_text(MANIFEST)
    base = read_text(MANIFEST.replace("plugin: press", "plugin: basis").replace("[base]", "[]"))
    (problem,) = check_requires([press, base])
    assert (problem.path, problem.where) == ("press.requires", "plugin.yaml:1:1")
    assert 'Did you mean "basis"?' in str(problem.message)


def test_a_plugin_cannot_require_itself() -> None:
    (problem,) = check_requires([read_text(MANIFEST.replace("[base]", "[press]"))])
    assert "requires itself" in str(problem.message)


def test_known_requirements_are_no_problem() -> None:
    base = read_text(MANIFEST.replace("plugin: press", "plugin: base").replace("[base]", "[]"))
    assert check_requires([read_text(MANIFEST), base]) == []
