# SPDX-License-Identifier: Apache-2.0
"""Every sample that is shipped can be created, and nothing of it gets lost."""

from __future__ import annotations

import uuid

from tests.factories.graph import Graph
from xrm.db.ids import new_id
from xrm.entities.queries import get_entity
from xrm.entities.service import create_entity
from xrm.roles.queries import get_role
from xrm.roles.service import start_role
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork


def required_link(graph: Graph, declared: EntityType, key: str) -> uuid.UUID:
    """Something that a required link may lead to."""
    target = graph.runtime.registry.get(next(iter(declared.fields[key].to)).replace("party", "organization"))
    sample = target.declaration.samples[0].items()
    values = {each: f"{value} {new_id().hex[-8:]}" if target.fields[each].unique else value for each, value in sample}
    linked = {each: required_link(graph, target, each) for each in links_to_fill(target, values)}
    return graph.create(target.name, values | linked)


def links_to_fill(declared: EntityType, values: dict[str, object]) -> list[str]:
    """The required links that a sample cannot give, because it knows no ids."""
    needed = [key for key, field in declared.fields.items() if field.required is True and field.type == "link"]
    return [key for key in needed if key not in values]


def test_every_sample_can_be_created_and_read_back(graph: Graph) -> None:
    registry = graph.runtime.registry
    samples = [(declared, dict(sample)) for declared in registry.entity_types.values() for sample in declared.declaration.samples]
    assert len(samples) >= 15

    for declared, sample in samples:
        values = sample | {key: required_link(graph, declared, key) for key in links_to_fill(declared, sample)}

        def write(uow: UnitOfWork, declared: EntityType = declared, values: dict[str, object] = values) -> uuid.UUID:
            where = graph.departments.sales
            if declared.kind != "role":
                return create_entity(uow, declared.name, values, department=where)
            kind = registry.get(declared.declaration.of[0])
            party = create_entity(uow, kind.name, kind.declaration.samples[0], department=where)
            return start_role(uow, party, declared.name, values, department=where)

        made = graph.write(write)

        def read(uow: UnitOfWork, declared: EntityType = declared, made: uuid.UUID = made) -> dict[str, object]:
            found = get_role(uow, made) if declared.kind == "role" else get_entity(uow, made)
            assert found is not None
            return dict(found.fields)

        fields = graph.read(read)
        assert [key for key, value in sample.items() if value is not None and fields.get(key) is None] == [], declared.name
