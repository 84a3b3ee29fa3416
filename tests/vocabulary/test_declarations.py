# SPDX-License-Identifier: Apache-2.0
"""The YAML that we ship holds together: what it names exists, its expressions run, its pages show every field."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from tests.architecture.tree import ROOT
from tests.factories.graph import Graph
from tests.vocabulary.conftest import SHIPPED
from xrm.entities.listing import ListQuery
from xrm.runtime import Runtime
from xrm.schema.expressions import TableColumns
from xrm.schema.registry import EntityType, Registry, RelationshipType
from xrm.unit_of_work import UnitOfWork


def every_type(registry: Registry) -> list[EntityType | RelationshipType]:
    """All types that have fields."""
    return [*registry.entity_types.values(), *registry.relationship_types.values()]


def expressions_of(declared: EntityType | RelationshipType) -> Iterator[tuple[str, str]]:
    """Each expression of a type, with the place where it stands."""
    for key, field in declared.fields.items():
        default = field.default if isinstance(field.default, str) and field.default.startswith("=") else ""
        required = field.required if isinstance(field.required, str) else ""
        for name, text in (("when", field.when), ("formula", field.formula), ("required", required), ("default", default[1:])):
            if text:
                yield f"{key}.{name}", text
    if isinstance(declared, EntityType):
        yield from ((f"views.{view.key}", view.where) for view in declared.declaration.views.values() if view.where)
        if declared.declaration.contactable:
            yield "contactable", declared.declaration.contactable


def test_whatever_is_shipped_declares_types_and_is_looked_at() -> None:
    declaring = {file.parent.name for file in ROOT.glob("*/*/plugin.yaml") if (file.parent / "entities").is_dir()}
    declaring |= {file.parent.name for file in ROOT.glob("plugins/*/*/plugin.yaml") if (file.parent / "entities").is_dir()}

    assert declaring == set(SHIPPED.values())


def test_every_file_is_loaded(runtime: Runtime) -> None:
    files = [file for folder in ("entity_schemas", "plugins") for file in Path(ROOT / folder).glob("**/entities/*.yaml")]

    assert sorted(file.stem for file in files) == sorted(runtime.registry.entity_types)


def test_every_expression_runs_in_the_database(graph: Graph) -> None:
    registry = graph.runtime.registry
    tried: list[str] = []

    def run(uow: UnitOfWork) -> None:
        for declared in every_type(registry):
            if declared.table is None:
                continue
            columns = TableColumns(declared.table, declared.child_tables)
            for place, text in expressions_of(declared):
                tried.append(f"{declared.name}.{place}")
                uow.execute(select(declared.expression(text).sql(columns, uow)).select_from(declared.table)).all()

    graph.read(run)

    assert len(tried) > 50, tried


def test_every_view_can_be_opened(graph: Graph) -> None:
    for declared in graph.runtime.registry.entity_types.values():
        for view in declared.declaration.views.values():
            query = ListQuery(declared.name, columns=view.columns or None, where=view.where, sort=view.sort or ("title",))
            assert graph.page(query).items == (), (declared.name, view.key)


def test_every_view_groups_by_a_choice_and_sorts_by_what_can_be_sorted(runtime: Runtime) -> None:
    wrong = []
    for declared in runtime.registry.entity_types.values():
        for view in declared.declaration.views.values():
            if view.shown_as == "board" and declared.fields[view.group].type != "choice":
                wrong.append((declared.name, view.key, view.group))
            keys = [key.lstrip("-") for key in view.sort]
            wrong += [
                (declared.name, view.key, key)
                for key in keys
                if key in declared.fields and not (declared.field_type(key).sortable and declared.fields[key].index)
            ]
    assert wrong == []


def test_every_field_stands_on_the_page_once(runtime: Runtime) -> None:
    wrong = {}
    for declared in runtime.registry.entity_types.values():
        placed = [key for section in declared.declaration.page.sections for key in section.fields]
        if sorted(placed) != sorted(declared.fields):
            wrong[declared.name] = sorted(set(declared.fields) ^ set(placed)) or [key for key in placed if placed.count(key) > 1]
    assert wrong == {}


def test_every_stage_says_where_it_leads(runtime: Runtime) -> None:
    wrong = {}
    for declared in runtime.registry.entity_types.values():
        stages = declared.declaration.stages
        if stages is not None:
            wrong[declared.name] = {choice.key for choice in declared.fields[stages.field].choices} - set(stages.moves)
    assert len(wrong) >= 4
    assert not any(wrong.values()), wrong


def test_every_type_field_and_choice_is_named_in_both_languages(runtime: Runtime) -> None:
    registry = runtime.registry
    labels = {}
    for declared in every_type(registry):
        for key, field in declared.fields.items():
            labels[declared.name, key] = field.label
            labels |= {(declared.name, f"{key}.{choice.key}"): choice.label for choice in field.choices}
    missing = [place for place, label in labels.items() if not (label.get("en").strip() and label.get("fr").strip())]

    assert len(labels) > 500
    assert missing == []
