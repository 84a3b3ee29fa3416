# SPDX-License-Identifier: Apache-2.0
"""Declarations that cannot be meant are told so, with what to write instead."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.schema.fields.examples import field_of
from xrm.errors import Conflict, NotFound
from xrm.schema.fields.builtin import BUILTIN, FIELD_TYPES, FieldTypes
from xrm.schema.fields.text import TextType
from xrm.schema.model import Choice, Label

DESIGN = frozenset(
    "text long_text rich_text integer decimal money percent yes_no date datetime duration choice choices tags email phone url "
    "address country language link links file image rating computed json".split()
)


def test_every_type_of_the_design_is_built_in() -> None:
    assert set(FIELD_TYPES) >= DESIGN
    assert len({field_type.name for field_type in BUILTIN}) == len(BUILTIN)


@pytest.mark.parametrize("name", list(FIELD_TYPES))
def test_sound_declaration_has_no_problems(name: str) -> None:
    assert FIELD_TYPES[name].check(field_of(name)) == []


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("integer", {"min": 5, "max": 1}, "min: 5 is above max: 1"),
        ("date", {"min": "2026-01-02", "max": "2026-01-01"}, "above max"),
        ("date", {"min": "soon"}, "min: soon"),
        ("duration", {"max": 30}, "max: 30"),
        ("text", {"min": 1}, "no option min"),
        ("text", {"length": 0}, "length: 0"),
        ("text", {"pattern": "["}, "pattern: ["),
        ("text", {"scale": 2}, "no option scale"),
        ("integer", {"scale": 2}, "no option scale"),
        ("decimal", {"scale": 20}, "scale: 20"),
        ("money", {"scale": -1}, "scale: -1"),
        ("yes_no", {"many": True}, "Remove many"),
        ("choice", {"choices": ()}, "choices is missing"),
        ("choice", {"choices": (Choice("In Progress", Label({"en": "x"})),)}, "cannot be a key"),
        ("choice", {"choices": (Choice("a", Label({"en": "x"}), "pink"),)}, "no tone pink"),
        ("choice", {"many": True}, "type: choices"),
        ("choice", {"default": "nope"}, "default: nope"),
        ("text", {"choices": (Choice("a", Label({"en": "x"})),)}, "no option choices"),
        ("link", {"to": ()}, "to is missing"),
        ("link", {"if_gone": ""}, "if_gone is missing"),
        ("link", {"required": True}, "if_gone: clear"),
        ("link", {"many": True}, "type: links"),
        ("links", {"unique": True}, "Remove unique"),
        ("long_text", {"index": True}, "Remove index"),
        ("rating", {"max": 50}, "max: 50"),
        ("integer", {"default": "many"}, "default: many"),
        ("computed", {"formula": ""}, "formula is missing"),
        ("computed", {"required": True}, "Remove required"),
        ("computed", {"index": True}, "stored: true"),
        ("integer", {"formula": "1"}, "no option formula"),
    ],
)
def test_declaration_that_cannot_be_is_explained(name: str, options: dict[str, Any], told: str) -> None:
    problems = [str(problem) for problem in FIELD_TYPES[name].check(field_of(name, **options))]
    assert any(told in problem for problem in problems), problems


def test_default_by_expression_is_left_to_the_expression_language() -> None:
    assert FIELD_TYPES["date"].check(field_of("date", default="=today()")) == []


def test_unknown_type_gets_a_suggestion() -> None:
    with pytest.raises(NotFound, match="Did you mean integer"):
        FIELD_TYPES.find("interger")
    with pytest.raises(NotFound, match="Use one of: text"):
        FIELD_TYPES.find("qqqq")


class ShoutType(TextType):
    name = "shout"


def test_plugin_adds_a_type_but_takes_no_name() -> None:
    assert FieldTypes([ShoutType()]).find("shout").name == "shout"
    with pytest.raises(Conflict):
        FieldTypes([TextType()])


def test_stored_formula_has_the_columns_of_its_result() -> None:
    computed = FIELD_TYPES.computed("number")
    assert [column.name for column in computed.columns(field_of("computed", stored=True))] == ["held"]
    assert computed.columns(field_of("computed")) == ()
    assert computed.operators == FIELD_TYPES["decimal"].operators


@pytest.mark.parametrize("name", list(FIELD_TYPES))
def test_api_describes_each_field(name: str) -> None:
    described = FIELD_TYPES[name].api_field(field_of(name, help=Label({"en": "What for"})))
    assert described.metadata["title"] == "Held"
    assert described.metadata["description"] == "What for"
    assert described.allow_none
    assert described.dump_only == (name == "computed")
