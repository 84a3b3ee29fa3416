# SPDX-License-Identifier: Apache-2.0
"""Every entity type that is shipped × six actions × who lacks the right, has it elsewhere, has it; none can be left out."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select

from tests.factories.graph import Graph
from tests.vocabulary.conftest import SHIPPED
from tests.vocabulary.test_samples import links_to_fill, required_link
from xrm.audit.models import audit_entry
from xrm.db.ids import new_id
from xrm.entities.listing import ListQuery
from xrm.entities.models import entity
from xrm.entities.queries import get_entity, list_entities
from xrm.entities.removal import delete_entity, restore_entity
from xrm.entities.service import create_entity, update_entity
from xrm.errors import NotFound, PermissionDenied
from xrm.jobs.models import outbox
from xrm.relationships.models import relationship
from xrm.relationships.service import relate
from xrm.roles.models import role
from xrm.roles.queries import get_role
from xrm.roles.service import delete_role, restore_role, start_role, update_role
from xrm.schema.registry import EntityType
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

# Values of required fields that a type without samples has.
FILLED: Mapping[str, object] = {"text": "Filled", "long_text": "Filled", "date": "2026-01-02", "integer": 1, "yes_no": True}


@dataclass(frozen=True)
class Made:
    """One of a type in sales: its id, the party it is of (itself, for others than roles), and values for another one."""

    declared: EntityType
    id: uuid.UUID
    party: uuid.UUID
    values: Mapping[str, object]


def sample_of(graph: Graph, declared: EntityType) -> dict[str, object]:
    samples = declared.declaration.samples
    values = {key: f"{value} {new_id().hex[-8:]}" if declared.fields[key].unique else value
              for key, value in (samples[0] if samples else {}).items()}
    links = {key: required_link(graph, declared, key) for key in links_to_fill(declared, values)}
    missing = [key for key, field in declared.fields.items() if field.required is True and key not in values | links]
    return {key: FILLED[declared.fields[key].type] for key in missing} | values | links


def make(graph: Graph, declared: EntityType) -> Made:
    values, another = sample_of(graph, declared), sample_of(graph, declared)
    if declared.kind != "role":
        one = graph.create(declared.name, values)
        return Made(declared, one, one, another)
    kind = graph.runtime.registry.get(declared.declaration.of[0])
    party = graph.create(kind.name, sample_of(graph, kind))
    return Made(declared, graph.role(party, declared.name, values), party, another)


def look_at_list(uow: UnitOfWork, made: Made) -> None:
    found = list_entities(uow, ListQuery(made.declared.name, columns=(), limit=200)).items
    if made.id not in {one.id for one in found}:
        raise NotFound("not in the list")


def read_one(uow: UnitOfWork, made: Made) -> None:
    if made.declared.kind != "role":
        get_entity(uow, made.id)
    elif get_role(uow, made.id) is None:
        raise NotFound("no such role")


def create_one(uow: UnitOfWork, made: Made) -> None:
    where = uow.cache["where"]
    if made.declared.kind == "role":
        start_role(uow, made.party, made.declared.name, made.values, department=where)
    else:
        create_entity(uow, made.declared.name, made.values, department=where)


def update_one(uow: UnitOfWork, made: Made) -> None:
    texts = [key for key, field in made.declared.fields.items() if field.type in {"text", "long_text"} and not field.formula]
    changes = {texts[0]: "Changed"} if texts else dict(made.values)
    (update_role if made.declared.kind == "role" else update_entity)(uow, made.id, changes)


def delete_one(uow: UnitOfWork, made: Made) -> None:
    (delete_role if made.declared.kind == "role" else delete_entity)(uow, made.id)


def restore_one(uow: UnitOfWork, made: Made) -> None:
    (restore_role if made.declared.kind == "role" else restore_entity)(uow, made.id)


# What is done, and the right it needs.
ACTIONS: Mapping[str, tuple[str, Callable[[UnitOfWork, Made], None]]] = {
    "list": ("read", look_at_list), "read": ("read", read_one), "create": ("create", create_one),
    "update": ("update", update_one), "delete": ("delete", delete_one), "restore": ("delete", restore_one),
}


def snapshot(graph: Graph) -> list[object]:
    """All rows that people's work is kept in, and how many were announced and audited."""
    def take(uow: UnitOfWork) -> list[object]:
        rows: list[object] = [sorted(map(repr, uow.execute(select(table)).all())) for table in (entity, role, relationship)]
        return [*rows, *(uow.execute(select(func.count()).select_from(table)).scalar_one() for table in (audit_entry, outbox))]

    return graph.read(take, system_actor("test"))


def without(graph: Graph, declared: EntityType, verb: str) -> Actor:
    """Who may do everything in sales but this with this type."""
    registry = graph.runtime.registry
    verbs = ("read", "create", "update", "delete", "link", "export", "import", "send", "administer")
    subjects = [*registry.entity_types, *registry.relationship_types, "contact_point", "interaction", "score"]
    rights = [f"{subject}:{each}" for subject in subjects for each in verbs if (subject, each) != (declared.name, verb)]
    if declared.kind == "party" and verb == "read":
        # A party is seen by who sees it; that of its roles shows it too, but not as what it is.
        rights = [right for right in rights if not right.endswith(":read")]
    return graph.user({graph.departments.sales: rights})


@pytest.mark.parametrize("plugin", SHIPPED)
def test_each_type_and_action_is_refused_without_the_right_and_done_with_it(graph: Graph, plugin: str) -> None:
    sales, press = graph.departments.sales, graph.departments.press
    nobody, foreigner = graph.user({}), graph.user({press: ["*:*"]})
    types = [one for one in graph.runtime.registry.entity_types.values() if one.plugin == plugin]
    assert types or plugin == "base"
    for declared in types:
        made = make(graph, declared)
        for name, (verb, act) in ACTIONS.items():
            before = snapshot(graph)
            for who, actor in (("nobody", nobody), ("foreign", foreigner), ("without", without(graph, declared, verb))):
                assert is_refused(graph, lambda uow: act_in(uow, act, made, sales), actor), f"{who}: {name} {declared.name}"
            assert snapshot(graph) == before, (name, declared.name)
            # Who administers a type sees what its plugin hides.
            able = graph.user({sales: [f"{declared.name}:{verb}", f"{declared.name}:administer", "*:read"]})
            graph.write(lambda uow: act_in(uow, act, made, sales), able)


def is_refused(graph: Graph, function: Callable[[UnitOfWork], object], actor: Actor) -> bool:
    try:
        graph.write(function, actor)
    except (NotFound, PermissionDenied):
        return True
    return False


def act_in(uow: UnitOfWork, act: Callable[[UnitOfWork, Made], None], made: Made, where: uuid.UUID) -> None:
    uow.cache["where"] = where
    act(uow, made)


def test_each_relationship_type_is_made_with_its_own_right_only(graph: Graph) -> None:
    registry, sales = graph.runtime.registry, graph.departments.sales
    assert len(registry.relationship_types) >= 10
    for name, declared in registry.relationship_types.items():
        sides = declared.declaration.source, declared.declaration.target
        ends = [made_for(graph, registry.types_for(each)[0]) for each in sides]
        before = snapshot(graph)
        editor = graph.user({sales: [*(f"*:{verb}" for verb in ("read", "create", "update", "delete", "send")), "x:link"]})
        for actor in (graph.user({}), graph.user({graph.departments.press: ["*:*"]}), editor):
            assert is_refused(graph, lambda uow: relate(uow, name, ends[0], ends[1], department=sales), actor), name
        assert snapshot(graph) == before, name
        able = graph.user({sales: [f"{name}:link", "*:read"]})
        graph.write(lambda uow: relate(uow, name, ends[0], ends[1], department=sales), able)


def made_for(graph: Graph, type_name: str) -> uuid.UUID:
    declared = graph.runtime.registry.get(type_name)
    return graph.create(type_name, sample_of(graph, declared))
