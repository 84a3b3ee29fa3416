# SPDX-License-Identifier: Apache-2.0
"""Two plugins that give the same name to something: one of them is off, with both names, whatever the order of installation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.core.plugin_host.conftest import Strangers
from xrm.assembling import build
from xrm.errors import InvalidInput
from xrm.plugin_host.manifest import load_manifest
from xrm.settings import load_settings

ENTITY = """\
entity: {name}
kind: {kind}
label: {{en: {{one: one, many: many}}, fr: {{one: un, many: plusieurs, gender: m}}}}
title: "{{name}}"
fields:
  name: {{type: text, required: true, label: {{en: Name, fr: Nom}}}}
  {field}: {{type: tags, label: {{en: Marks, fr: Marques}}}}
"""
RELATIONSHIPS = """\
relationships:
  {name}:
    label: {{en: {{forward: a, reverse: b}}, fr: {{forward: a, reverse: b}}}}
    from: [party]
    to: [party]
    cardinality: many_to_many
"""
KINDS = "interactions: {{{name}: {{label: {{en: Words, fr: Mots}}, icon: eye}}}}\n"
FIELD_TYPE = """
from xrm.schema.fields.text import TextType

class Colour(TextType):
    name = "{name}"

@hookimpl
def register_field_types():
    return [Colour()]
"""
SCORE = """
from xrm.plugin_api import Band, ScoreModel, label

@hookimpl
def register_score_models():
    return [ScoreModel("{name}", label("A", "A"), "1", ("person",), list, (Band("all", label("A", "A"), at_least=0),))]
"""
CHANNEL = """
from xrm.plugin_api import Channel, label

@hookimpl
def register_channels():
    return [Channel("{name}", label("A", "A"), ("postal",), print)]
"""


def entity(name: str, kind: str = "record", field: str = "marks") -> dict[str, str]:
    """The file of an entity type."""
    return {f"entities/{name}.yaml": ENTITY.format(name=name, kind=kind, field=field)}


SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "entity type": ({"files": entity("hive")}, {"files": entity("hive", field="other")}),
    "relationship type": ({"files": {"relationships.yaml": RELATIONSHIPS.format(name="hive")}},) * 2,
    "entity and relationship type": (
        {"files": entity("hive")}, {"files": {"relationships.yaml": RELATIONSHIPS.format(name="hive")}},
    ),
    "interaction kind": ({"files": {"interactions.yaml": KINDS.format(name="hive")}},) * 2,
    "field type": ({"hooks": FIELD_TYPE.format(name="hive")},) * 2,
    "score model": ({"hooks": SCORE.format(name="hive")},) * 2,
    "channel": ({"hooks": CHANNEL.format(name="hive")},) * 2,
}


@pytest.mark.parametrize("kind", SAME)
@pytest.mark.parametrize("is_first_installed_first", [True, False])
def test_of_two_plugins_with_the_same_name_the_later_by_name_is_off(
    strangers: Strangers, kind: str, is_first_installed_first: bool
) -> None:
    pair = [("ant", SAME[kind][0]), ("bee", SAME[kind][1])]
    for name, parts in pair if is_first_installed_first else reversed(pair):
        strangers.add(name, **parts)

    host = strangers.host()

    assert {plugin.name: plugin.is_on for plugin in host.plugins} == {"ant": True, "bee": False}
    said = str(host.get("bee").problem)
    assert all(word in said for word in ("hive", "ant", "bee")), said
    build(host)


@pytest.mark.parametrize(("needed", "off"), [("ant", "bee"), ("bee", "ant")])
def test_the_plugin_that_others_need_stays(strangers: Strangers, needed: str, off: str) -> None:
    strangers.add("ant", files=entity("hive"))
    strangers.add("bee", files={"relationships.yaml": RELATIONSHIPS.format(name="hive")})
    strangers.add("cat", requires=needed)

    assert {plugin.name: plugin.is_on for plugin in strangers.host().plugins} == {needed: True, "cat": True, off: False}


@pytest.mark.parametrize("names", [("ant", "bee"), ("zoo", "bee")])
def test_a_plugin_called_like_a_kind_of_party_of_another_would_share_its_tables(
    strangers: Strangers, names: tuple[str, str]
) -> None:
    owner, other = names
    strangers.add(owner, files=entity(other, kind="party"))
    strangers.add(other, files=entity("marks"))

    host = strangers.host()

    (off,) = [plugin for plugin in host.plugins if not plugin.is_on]
    assert all(word in str(off.problem) for word in names)
    build(host)


def test_two_types_of_one_plugin_do_not_share_a_table(strangers: Strangers) -> None:
    strangers.add("ant", files={**entity("ant", kind="party"), **entity("marks")})
    host = strangers.host()

    build(host)

    assert not host.get("ant").is_on
    assert "ant__marks is taken" in str(host.get("ant").problem)


@pytest.mark.parametrize("name", ["user", "job", "message", "score", "schema", "instance", "interaction", "department"])
def test_a_type_is_not_called_like_what_rights_of_core_are_given_on(strangers: Strangers, name: str) -> None:
    strangers.add("ant", files=entity(name))

    assert "reserved" in str(strangers.host().get("ant").problem)


@pytest.mark.parametrize("name", ["session", "role", "grant", "outbox"])
def test_a_kind_of_party_does_not_take_a_table_of_core(strangers: Strangers, name: str) -> None:
    strangers.add("ant", files=entity(name, kind="party"))
    host = strangers.host()

    build(host)

    assert not host.get("ant").is_on


@pytest.mark.parametrize("name", ["core", "overlay", "kept", "x", "panel", "files", "forms", "records"])
def test_a_plugin_is_not_called_like_what_is_taken(strangers: Strangers, name: str) -> None:
    folder = strangers.add(name)

    with pytest.raises(InvalidInput, match="reserved"):
        load_manifest(folder / "plugin.yaml")


def test_the_same_setting_of_two_plugins_is_two_settings(tmp_path: Path) -> None:
    settings = load_settings({"XRM_PLUGIN_ANT__COLOUR": "red", "XRM_PLUGIN_BEE__COLOUR": "blue"}, home=tmp_path)

    assert (settings.plugins["ant"]["colour"], settings.plugins["bee"]["colour"]) == ("red", "blue")
