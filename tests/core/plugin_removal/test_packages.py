# SPDX-License-Identifier: Apache-2.0
"""Installed packages are removed and taken back like folders: one with records and relationships, one with scores."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from tests.instances import BASE
from xrm.entities.listing import ListQuery
from xrm.entities.queries import list_entities
from xrm.entities.service import create_entity
from xrm.migrate.drift import find_drift
from xrm.migrate.upgrade import apply_changes, plan_for
from xrm.plugin_removal.removing import remove_plugin
from xrm.plugin_removal.restoring import restore_plugin
from xrm.relationships.queries import list_relationships
from xrm.relationships.service import relate
from xrm.runtime import Runtime
from xrm.scores.models import score
from xrm.scores.running import run_models
from xrm.unit_of_work import Actor, UnitOfWork

pytestmark = pytest.mark.by_turns

TYPES = ("outlet", "release", "coverage", "person", "organization")


@pytest.fixture
def plugins() -> Mapping[str, str]:
    """The base vocabulary with press, and with scores of quality."""
    return {**BASE, "press": "xrm_press", "quality": "xrm_quality"}


def fill(uow: UnitOfWork, department: uuid.UUID) -> uuid.UUID:
    """A journalist with what the press plugin keeps; the id of the journalist."""
    make = partial(create_entity, uow, department=department)
    person = make("person", {"first_name": "Anne", "last_name": "Le Bris"})
    paper = make("outlet", {"name": "Ouest-Été", "beats": ["sea", "ports"], "audience": 70_000})
    release = make("release", {"headline": "A new quay", "spokesperson": person, "topics": ["quay"]})
    make("coverage", {
        "headline": "The quay", "outlet": paper, "published_on": "2026-01-31", "author": person, "release": release,
        "about": [person], "equivalent": {"amount": "1200.50", "currency": "EUR"},
    })
    relate(uow, "writes_for", person, paper, values={"beat": "sea", "main": True})
    relate(uow, "offered_to", release, person, values={"answer": "later"})
    return person


def shown(runtime: Runtime, actor: Actor, person: uuid.UUID) -> Any:
    """What lists, relationships and scores show."""
    def look(uow: UnitOfWork) -> Any:
        items = {
            name: [
                (one.id, one.title, one.version, one.department, one.fields) for one in list_entities(uow, ListQuery(name)).items
            ]
            for name in TYPES if name in uow.registry.entity_types
        }
        scores = sorted(map(str, uow.execute(select(score)).all()))
        return items, [(one.type, one.id, one.fields) for one in list_relationships(uow, person)], scores

    return runtime.read(look, actor)


@pytest.mark.parametrize("name", ["press", "quality"])
def test_a_package_comes_back_as_it_was(runtime: Runtime, admin: Actor, departments: Any, name: str, monkeypatch: Any) -> None:
    monkeypatch.setattr("xrm.plugin_removal.removing.LOOK_EVERY", 0)
    apply_changes(runtime.engine, runtime.registry)
    person = runtime.write(lambda uow: fill(uow, departments.press), admin)
    run_models(runtime, admin)
    before = shown(runtime, admin, person)
    assert before[2]

    removal = remove_plugin(runtime, name, actor="tester", now=True)

    gone = shown(runtime, admin, person)
    assert ("outlet" in gone[0], bool(gone[2])) == ((False, True) if name == "press" else (True, False))
    assert removal.receipt
    restored = restore_plugin(runtime, name, actor="tester")
    assert (restored.waiting, restored.loaded.left_out) == (0, {})
    assert shown(runtime, admin, person) == before
    assert (plan_for(runtime.engine, runtime.registry).steps, find_drift(runtime.engine)) == ((), [])
