# SPDX-License-Identifier: Apache-2.0
"""Plugins are asked in order, per department, and checked when the program starts."""

from __future__ import annotations

import pytest

from tests.core.plugin_host.conftest import Strangers
from tests.core.plugin_host.test_discovery import HIVE
from xrm.errors import msg

MENU = """
@hookimpl
def menu_items(uow):
    return [MenuItem({key!r}, Link("A", url="/a"){more})]
"""


def test_plugins_are_asked_in_their_order(strangers: Strangers) -> None:
    strangers.add("ant", MENU.format(key="ant", more=""), requires="bee")
    strangers.add("bee", MENU.format(key="bee", more=""))
    strangers.add("cat", MENU.format(key="cat", more=", order=1"))

    answers = strangers.host().ask("menu_items", uow=None)

    assert [(item.plugin, item.value.key) for item in answers.items] == [("cat", "cat"), ("bee", "bee"), ("ant", "ant")]


def test_a_plugin_may_take_fewer_arguments(strangers: Strangers) -> None:
    strangers.add("ant", "@hookimpl\ndef panels(entity):\n    return [Panel('a', entity)]\n")

    assert strangers.host().ask("panels", uow=None, entity="Ada").values[0].label == "Ada"


def test_none_from_a_hook_for_display_is_nothing_to_show(strangers: Strangers) -> None:
    strangers.add("ant", "@hookimpl\ndef panels(entity):\n    return None\n")

    answers = strangers.host().ask("panels", uow=None, entity="Ada")

    assert (answers.items, answers.failures) == ((), ())


@pytest.mark.parametrize(
    ("hooks", "said"),
    [
        ("@hookimpl\ndef pannels(uow, entity):\n    return []\n", 'Did you mean "panels"?'),
        ("@hookimpl\ndef panels(*, uow, entity):\n    return []\n", "keyword-only"),
        ("@hookimpl\ndef panels(uow, entity=None):\n    return []\n", "entity has a default"),
        ("@hookimpl\ndef panels(uow, **others):\n    return []\n", "others"),
        ("@hookimpl\ndef panels(uow, party):\n    return []\n", "party"),
        ("@hookimpl\nasync def panels(uow):\n    return []\n", "plain function"),
        ("@hookimpl\ndef panels(uow):\n    yield Panel('a', 'A')\n", "plain function"),
        ("@hookimpl(wrapper=True)\ndef panels(uow):\n    return (yield)\n", "wrapper"),
        ("def broken(:\n", "hooks.py:5"),
        ("import nowhere_to_be_found\n", "nowhere_to_be_found"),
        ("raise SystemExit(3)\n", "SystemExit"),
        ("def deep():\n    deep()\n\ndeep()\n", "RecursionError"),
        ("@hookimpl\ndef register_channels():\n    return [42]\n", "int instead of Channel"),
        ("@hookimpl\ndef register_channels():\n    return 42\n", "int instead of a list of Channel"),
        ("@hookimpl\ndef register_channels():\n    raise ValueError('no channel today')\n", "no channel today"),
    ],
)
def test_a_plugin_that_cannot_work_is_off_alone_and_says_why(strangers: Strangers, hooks: str, said: str) -> None:
    strangers.add("ant", hooks, files={"entities/hive.yaml": HIVE})
    strangers.add("bee", requires="ant")
    strangers.add("cat", MENU.format(key="cat", more=""))

    host = strangers.host()

    assert {plugin.name: plugin.status for plugin in host.plugins} == {"ant": "broken", "bee": "refused", "cat": "on"}
    assert said in str(host.get("ant").problem)
    assert host.declarations().entities == ()
    assert host.ask("menu_items", uow=None).values


def test_a_broken_entity_file_switches_off_its_plugin_with_file_and_line(strangers: Strangers) -> None:
    strangers.add("ant", files={"entities/hive.yaml": HIVE.replace("text", "txt")})
    strangers.add("bee", files={"entities/hive.yaml": HIVE})

    host = strangers.host()

    assert [entity.plugin for entity in host.declarations().entities] == ["bee"]
    assert "hive.yaml:6:" in str(host.get("ant").problem)


def test_a_link_to_an_unknown_type_switches_off_its_plugin_alone(strangers: Strangers) -> None:
    link = "  keeper: {type: link, to: [keper], if_gone: clear, label: {en: Keeper, fr: Apiculteur}}\n"
    strangers.add("ant", files={"entities/hive.yaml": HIVE + link})
    strangers.add("bee")

    host = strangers.host()

    assert {plugin.name: plugin.status for plugin in host.plugins} == {"ant": "broken", "bee": "on"}
    assert "keper" in str(host.get("ant").problem)


def test_of_two_plugins_with_one_type_the_one_that_others_need_stays(strangers: Strangers) -> None:
    strangers.add("ant", files={"entities/hive.yaml": HIVE})
    strangers.add("bee", files={"entities/hive.yaml": HIVE})
    strangers.add("cat", requires="bee")

    host = strangers.host()

    assert {plugin.name: plugin.status for plugin in host.plugins} == {"ant": "broken", "bee": "on", "cat": "on"}
    assert "ant and bee" in str(host.get("ant").problem)


FIELD_TYPE = """
from xrm.schema.fields.text import TextType

class Colour(TextType):
    name = {name!r}

@hookimpl
def register_field_types():
    return [Colour()]
"""


def test_a_field_type_of_a_plugin_is_known_to_its_own_files_and_to_those_that_require_it(strangers: Strangers) -> None:
    files = {"entities/hive.yaml": HIVE.replace("type: text", "type: colour")}
    strangers.add("ant", FIELD_TYPE.format(name="colour"), files=files)
    strangers.add("bee", requires="ant", files={path: text.replace("entity: hive", "entity: nest").replace("hive:", "nest:")
                                                for path, text in {"entities/nest.yaml": files["entities/hive.yaml"]}.items()})
    strangers.add("cat", files={"entities/box.yaml": files["entities/hive.yaml"].replace("entity: hive", "entity: box")})

    host = strangers.host()

    assert {plugin.name: plugin.status for plugin in host.plugins} == {"ant": "on", "bee": "on", "cat": "broken"}
    assert "colour" in host.field_types()


def test_a_field_type_of_a_plugin_does_not_replace_one_of_core(strangers: Strangers) -> None:
    strangers.add("ant", FIELD_TYPE.format(name="text"))

    assert strangers.host().get("ant").status == "broken"


def test_safe_mode_knows_the_types_and_runs_no_code(strangers: Strangers) -> None:
    strangers.add("ant", "raise SystemExit(3)", files={"entities/hive.yaml": HIVE})

    host = strangers.host(safe=True)

    assert [entity.name for entity in host.declarations().entities] == ["hive"]
    assert host.get("ant").is_on


def test_a_plugin_switched_off_takes_with_it_those_that_require_it(strangers: Strangers) -> None:
    strangers.add("ant", MENU.format(key="ant", more=""))
    strangers.add("bee", MENU.format(key="bee", more=""), requires="ant")
    host = strangers.host()

    assert host.switch_off("ant", msg("It does not fit.")) == ("ant", "bee")
    assert host.ask("menu_items", uow=None).items == ()
    assert str(host.get("ant").problem) == "It does not fit."
