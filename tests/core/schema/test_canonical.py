# SPDX-License-Identifier: Apache-2.0
"""The canonical form: equal for equal declarations, readable by the grammar it came from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from xrm.schema.canonical import canonical, checksum
from xrm.schema.grammar.checks import Rules
from xrm.schema.grammar.read import read_entity, read_relationships
from xrm.schema.load import load_folder
from xrm.schema.model import EntityDeclaration, Location
from xrm.schema.strict_yaml import Document

DECLARED = load_folder(Path(__file__).parents[3] / "entity_schemas" / "xrm_base", "base")


def read_again(entity: EntityDeclaration) -> EntityDeclaration:
    stored = json.loads(json.dumps(canonical(entity)))
    return read_entity(Document("", stored), entity.plugin, Rules())


@pytest.mark.parametrize("entity", DECLARED.entities, ids=lambda entity: entity.name)
def test_the_canonical_form_read_again_is_the_same_declaration(entity: EntityDeclaration) -> None:
    assert canonical(read_again(entity)) == canonical(entity)
    assert checksum(read_again(entity)) == checksum(entity)


def test_relationship_types_are_read_again_too() -> None:
    stored = {
        one["name"]: {key: value for key, value in one.items() if key != "name"} for one in map(canonical, DECLARED.relationships)
    }
    again = read_relationships(Document("", {"relationships": json.loads(json.dumps(stored))}), "base", Rules())
    assert list(map(canonical, again)) == list(map(canonical, DECLARED.relationships))


def test_where_a_declaration_stands_changes_nothing() -> None:
    entity = DECLARED.entities[0]
    moved = replace(entity, plugin="other", location=Location("elsewhere.yaml", 9, 9))
    assert canonical(moved) == canonical(entity)


def test_each_change_gives_another_checksum() -> None:
    entity = next(one for one in DECLARED.entities if one.fields)
    key, field = next(iter(entity.fields.items()))
    changed = replace(entity, fields={**entity.fields, key: replace(field, personal=not field.personal)})
    reordered = replace(entity, fields=dict(reversed(list(entity.fields.items()))))
    assert len({checksum(entity), checksum(changed), checksum(reordered), checksum(replace(entity, revision=99))}) == 4


def test_defaults_are_left_out() -> None:
    plain = canonical(DECLARED.interaction_kinds[0])
    assert "by_hand" not in plain
    assert list(plain)[:2] == ["name", "label"]
