# SPDX-License-Identifier: Apache-2.0
"""A misspelt name in an expression of an entity file switches its plugin off at start, with file, line and what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from xrm.assembling import build
from xrm.entities.listing import ListQuery
from xrm.entities.queries import list_entities
from xrm.errors import InvalidInput
from xrm.plugin_host.host import PluginHost
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor

MANIFEST = """
plugin: kite
version: 0.1.0
label: {en: Kite, fr: Cerf-volant}
summary: {en: Kites., fr: Des cerfs-volants.}
works_with: {api: ">=1,<2"}
"""
ENTITY = """
entity: kite
kind: record
label:
  en: {one: kite, many: kites}
  fr: {one: cerf-volant, many: cerfs-volants, gender: m}
title: "{name}"
fields:
  name: {type: text, required: true, label: {en: Name, fr: Nom}}
  hull: {type: text, label: {en: Hull, fr: Coque}}
  price: {type: money, label: {en: Price, fr: Prix}%s}
views:
  all: {label: {en: All, fr: Tous}, columns: [title]%s}
"""


def kite_host(home: Path, of_field: str, of_view: str) -> PluginHost:
    """A host that finds one plugin as a folder."""
    folder = home / "plugins" / "kite"
    (folder / "entities").mkdir(parents=True)
    (folder / "plugin.yaml").write_text(MANIFEST, encoding="utf-8")
    (folder / "entities" / "kite.yaml").write_text(ENTITY % (of_field, of_view), encoding="utf-8")
    return PluginHost.open(home, packages={})


@pytest.mark.parametrize(
    ("of_field", "of_view", "said"),
    [
        (""", when: 'hul == "wood"'""", "", "hull"),
        (""", required: 'hul is filled'""", "", "hull"),
        (""", default: '=pric'""", "", "price"),
        (""", when: 'length(hull)'""", "", "not a condition"),
        ("", """, where: 'hul is filled'""", "hull"),
    ],
)
def test_a_misspelt_name_is_found_at_start(tmp_path: Path, of_field: str, of_view: str, said: str) -> None:
    host = kite_host(tmp_path, of_field, of_view)

    registry = build(host)

    assert "kite" not in registry.entity_types
    problem = str(host.get("kite").problem)
    assert said in problem
    assert "kite.yaml" in problem


def test_right_expressions_leave_the_plugin_on(tmp_path: Path) -> None:
    host = kite_host(tmp_path, """, when: 'hull == "wood"'""", """, where: 'hull is filled and updated_at is filled'""")

    assert "kite" in build(host).entity_types


def test_an_unknown_column_is_refused_with_what_was_meant(runtime: Runtime, admin: Actor) -> None:
    with pytest.raises(InvalidInput, match="title"):
        runtime.read(lambda uow: list_entities(uow, ListQuery("person", columns=("titel",))), admin)
