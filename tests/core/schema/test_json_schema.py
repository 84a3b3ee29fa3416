# SPDX-License-Identifier: Apache-2.0
"""The JSON Schemas for editors agree with the grammar they are generated from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from xrm.schema.json_schema import entity_file_schema, interactions_file_schema, manifest_file_schema, relationships_file_schema
from xrm.schema.strict_yaml import parse, read

BASE = Path(__file__).parents[3] / "entity_schemas" / "xrm_base"
SCHEMAS = [entity_file_schema, relationships_file_schema, interactions_file_schema, manifest_file_schema]
FILES = [
    *((entity_file_schema, path) for path in sorted(BASE.glob("entities/*.yaml"))),
    (relationships_file_schema, BASE / "relationships.yaml"),
    (interactions_file_schema, BASE / "interactions.yaml"),
    (manifest_file_schema, BASE / "plugin.yaml"),
]
GOOD = """
entity: outlet
kind: record
label: {en: {one: a, many: b}, fr: {one: a, many: b, gender: m}}
title: "{name}"
x-note: anything
fields:
  name: {type: text, label: {en: Name, fr: Nom}}
"""


def messages(text: str) -> list[str]:
    return [error.message for error in Draft202012Validator(entity_file_schema()).iter_errors(parse(text).data)]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.__name__)
def test_each_is_a_schema_whose_every_key_is_described(schema: Callable[[], dict[str, Any]]) -> None:
    made = schema()
    Draft202012Validator.check_schema(made)
    for grammar in (made, *made["$defs"].values()):
        assert [key for key, part in grammar["properties"].items() if not part.get("description")] == []


@pytest.mark.parametrize(("schema", "path"), FILES, ids=lambda value: getattr(value, "name", ""))
def test_the_base_vocabulary_fits(schema: Callable[[], dict[str, Any]], path: Path) -> None:
    assert [error.message for error in Draft202012Validator(schema()).iter_errors(read(path).data)] == []


def test_a_good_file_fits() -> None:
    assert messages(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: record", "kind: thing"),
        ("title:", "titel:"),
        (", fr: Nom", ""),
        ("gender: m", "gender: n"),
        ("type: text, ", ""),
        ("{type: text", "{index: yes, type: text"),
        ("  name:", "  Name:"),
    ],
)
def test_mistakes_do_not_fit(old: str, new: str) -> None:
    assert messages(GOOD.replace(old, new, 1))
