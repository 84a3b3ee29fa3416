# SPDX-License-Identifier: Apache-2.0
"""A plugin that is off in a department is absent there on every surface, for everybody, and its data is kept."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.core.plugin_host.conftest import Strangers, place_for_strangers
from tests.factories.graph import Graph
from tests.factories.hives import FILES, HOOKS, WORD
from xrm.access.explaining import explain
from xrm.access.users import list_users
from xrm.departments.queries import get_tree
from xrm.departments.switching import switch_plugin
from xrm.entities.backlinks import list_backlinks
from xrm.entities.listing import ListQuery
from xrm.entities.queries import count_entities, get_entity, list_entities, titles
from xrm.entities.recent import list_recent
from xrm.entities.service import create_entity, update_entity
from xrm.errors import InvalidInput, NotFound
from xrm.history.queries import entity_history
from xrm.interactions.queries import kinds_in, timeline
from xrm.interactions.service import record_interaction
from xrm.plugin_api import select
from xrm.relationships.queries import count_relationships, list_relationships
from xrm.relationships.service import relate
from xrm.roles.queries import list_roles_of, open_role_types
from xrm.roles.service import start_role
from xrm.scores.queries import list_scores
from xrm.scores.running import run_models
from xrm.search.queries import search, suggest
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

SYSTEM = system_actor("test")


@pytest.fixture
def strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Strangers]:
    with place_for_strangers(tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture
def plugins(strangers: Strangers) -> Mapping[str, str]:
    strangers.add("apiary", HOOKS, requires="base", files=FILES)
    strangers.add("honey", requires="apiary")
    return {"base": "xrm_base", **strangers.packages}


@pytest.fixture
def planted(graph: Graph) -> dict[str, uuid.UUID]:
    """In sales and in press the same: a person who is a beekeeper, a hive, what links them, and the word in all of it."""

    def write(uow: UnitOfWork) -> dict[str, uuid.UUID]:
        found: dict[str, uuid.UUID] = {}
        for name, department in (("sales", graph.departments.sales), ("press", graph.departments.press)):
            ada = create_entity(uow, "person", {"last_name": f"Ada {name}"}, department=department)
            start_role(uow, ada, "beekeeper", {"licence": f"{WORD} {name}"}, department=department)
            hive = create_entity(uow, "hive", {"name": f"{WORD} {name}", "keeper": ada}, department=department)
            relate(uow, "tends", ada, hive, department=department)
            record_interaction(uow, "inspection", department=department, participants=[ada], subject=f"{WORD} {name}")
            found |= {f"person_{name}": ada, f"hive_{name}": hive}
        return found

    made = graph.write(write)
    run_models(graph.runtime, SYSTEM)
    return made


READS: Mapping[str, Callable[[UnitOfWork, dict[str, uuid.UUID]], Any]] = {
    "hives": lambda uow, _: [one.title for one in list_entities(uow, ListQuery("hive")).items],
    "beekeepers": lambda uow, _: [one.fields for one in list_entities(uow, ListQuery("beekeeper")).items],
    "page": lambda uow, ids: [one.title for one in (get_or_none(uow, ids["hive_press"]),) if one],
    "titles": lambda uow, ids: sorted(titles(uow, [ids["hive_press"], ids["hive_sales"]]).items()),
    "roles": lambda uow, ids: list_roles_of(uow, ids["person_press"]) + list_roles_of(uow, ids["person_sales"]),
    "relationships": lambda uow, ids: list_relationships(uow, ids["person_press"]) + list_relationships(uow, ids["person_sales"]),
    "timeline": lambda uow, ids: [timeline(uow, ids[f"person_{name}"]).items for name in ("sales", "press")],
    "search": lambda uow, _: search(uow, WORD),
    "suggestions": lambda uow, _: suggest(uow, "zanz"),
    "recent": lambda uow, _: list_recent(uow, set(get_tree(uow).by_id)),
    "backlinks": lambda uow, ids: [list_backlinks(uow, ids[f"person_{name}"], "person") for name in ("sales", "press")],
    "scores": lambda uow, ids: [list_scores(uow, ids[f"person_{name}"]) for name in ("sales", "press")],
    "history": lambda uow, ids: [entity_history(uow, ids[f"person_{name}"]) for name in ("sales", "press")],
    "select": lambda uow, _: uow.execute(select(uow, "hive", ["title"]).order_by("title")).all(),
}


def switch_off(graph: Graph) -> None:
    """Off in press, with the one that requires it."""
    for name in ("honey", "apiary"):
        graph.write(lambda uow: switch_plugin(uow, name, [graph.departments.press], is_on=False))


def get_or_none(uow: UnitOfWork, one: uuid.UUID) -> Any:
    try:
        return get_entity(uow, one)
    except NotFound:
        return None


def seen(graph: Graph, planted: dict[str, uuid.UUID], actor: Actor) -> dict[str, str]:
    return {name: graph.read(lambda uow: repr(look(uow, planted)), actor) for name, look in READS.items()}


def test_off_in_one_department_is_off_on_every_surface_there_and_nowhere_else(
    graph: Graph, planted: dict[str, uuid.UUID]
) -> None:
    both = graph.user({graph.departments.sales: ["*:*"], graph.departments.press: ["*:*"]})
    before = {actor: seen(graph, planted, actor) for actor in (graph.admin, both, SYSTEM)}

    switch_off(graph)

    for actor in (graph.admin, both, SYSTEM):
        after = seen(graph, planted, actor)
        for name, text in after.items():
            assert f"{WORD} press" in before[actor][name] or name in {"relationships", "scores", "backlinks", "recent"}, name
            assert f"{WORD} press" not in text, (name, actor)
            assert f"{WORD} sales" in text or name in {"relationships", "scores", "backlinks", "recent", "page"}, (name, actor)
        assert after["relationships"].count("tends") == 1
        assert after["scores"].count("Score(id=") == 1


def test_what_was_there_is_there_again(graph: Graph, planted: dict[str, uuid.UUID]) -> None:
    before = seen(graph, planted, graph.admin)

    switch_off(graph)
    assert seen(graph, planted, graph.admin) != before
    graph.write(lambda uow: switch_plugin(uow, "apiary", [graph.departments.press], is_on=True))

    assert seen(graph, planted, graph.admin) == before


def test_who_has_rights_only_where_it_is_off_meets_nothing_of_it(graph: Graph, planted: dict[str, uuid.UUID]) -> None:
    presser = graph.user({graph.departments.press: ["*:*"]})
    switch_off(graph)

    def counts(uow: UnitOfWork) -> list[int]:
        return [count_entities(uow, ListQuery("hive")), count_entities(uow, ListQuery("beekeeper")),
                count_relationships(uow, planted["person_press"]), len(timeline(uow, planted["person_press"]).items),
                sum(len(each) for each in open_role_types(uow, [planted["person_press"]]).values())]

    assert graph.read(counts, presser) == [0, 0, 0, 0, 0]
    for hook in ("menu_items", "dashboard_cards"):
        assert graph.read(lambda uow: uow.host.ask(hook, uow=uow).items, presser) == (), hook
        assert len(graph.read(lambda uow: uow.host.ask(hook, uow=uow).items)) == 1, hook


def test_nothing_of_it_can_be_made_or_changed_where_it_is_off(graph: Graph, planted: dict[str, uuid.UUID]) -> None:
    press = graph.departments.press
    switch_off(graph)
    ada = planted["person_press"]
    attempts: list[Callable[[UnitOfWork], object]] = [
        lambda uow: create_entity(uow, "hive", {"name": "New"}, department=press),
        lambda uow: update_entity(uow, planted["hive_press"], {"name": "New"}),
        lambda uow: start_role(uow, ada, "beekeeper", {}, department=press),
        lambda uow: relate(uow, "tends", ada, planted["person_sales"], department=press),
        lambda uow: record_interaction(uow, "inspection", department=press, participants=[ada], subject="x"),
    ]
    for number, attempt in enumerate(attempts):
        for actor in (graph.admin, SYSTEM, graph.user({press: ["*:*"]})):
            with pytest.raises((NotFound, InvalidInput)):
                graph.write(attempt, actor)
            assert number >= 0
    graph.write(lambda uow: create_entity(uow, "hive", {"name": "New"}, department=graph.departments.sales))


def test_hooks_are_asked_only_where_it_is_on(graph: Graph, planted: dict[str, uuid.UUID]) -> None:
    press, sales = graph.departments.press, graph.departments.sales
    switch_off(graph)

    def asked(uow: UnitOfWork, hook: str, where: uuid.UUID, one: uuid.UUID) -> int:
        return len(uow.host.ask(hook, department=where, uow=uow, entity=get_entity(uow, one)).items)

    for hook in ("panels", "actions"):
        assert graph.read(lambda uow: asked(uow, hook, sales, planted["person_sales"])) == 1
        assert graph.read(lambda uow: asked(uow, hook, press, planted["person_press"])) == 0
    with pytest.raises(InvalidInput, match="bees"):
        graph.person("Wasp", sales)
    graph.person("Wasp", press)


def test_kinds_of_interaction_are_offered_where_it_is_on(graph: Graph) -> None:
    press, sales = graph.departments.press, graph.departments.sales
    switch_off(graph)

    assert "inspection" in graph.read(lambda uow: kinds_in(uow, [sales, press]))
    assert "inspection" not in graph.read(lambda uow: kinds_in(uow, [press]))


def test_a_change_is_seen_by_another_program_at_once(graph: Graph, planted: dict[str, uuid.UUID]) -> None:
    assert planted
    other = type(graph.runtime)(graph.runtime.settings, graph.runtime.engine, graph.runtime.host, graph.runtime.registry)

    def count(uow: UnitOfWork) -> int:
        return count_entities(uow, ListQuery("hive"))

    assert other.read(count, graph.admin) == 2
    switch_off(graph)
    assert other.read(count, graph.admin) == 1


def test_why_not_is_told_without_the_places_that_the_one_who_asks_does_not_see(
    graph: Graph, planted: dict[str, uuid.UUID]
) -> None:
    sales, press = graph.departments.sales, graph.departments.press
    ada = planted["person_sales"]
    graph.write(lambda uow: start_role(uow, ada, "partner", {}, department=press))
    graph.write(lambda uow: start_role(uow, ada, "beekeeper", {}, department=press))
    who = graph.user({press: ["beekeeper:read"]})
    email = graph.read(lambda uow: next(one.email for one in list_users(uow) if one.id == who.user_id))
    switch_off(graph)
    chief = graph.user({sales: ["*:read", "*:administer"]})
    told = graph.read(lambda uow: explain(uow, email, "beekeeper:read", ada), chief)
    by_admin = graph.read(lambda uow: explain(uow, email, "beekeeper:read", ada))

    assert "Press" not in repr((told.because, told.places, told.asked))
    assert "off in {department}" in by_admin.because.text
    assert by_admin.because.params["department"] == "Press"
