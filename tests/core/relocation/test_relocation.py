# SPDX-License-Identifier: Apache-2.0
"""What stands in a department goes to another: all of it, seen by whom the preview says, in batches, with rights at both ends."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from tests.factories.graph import Graph
from xrm.access.service import create_permission_set, create_user, deactivate_user, give
from xrm.audit.models import audit_entry
from xrm.contact_points.models import contact_point
from xrm.contact_points.service import add_contact_point
from xrm.departments.moving import contents_of, delete_department
from xrm.departments.service import create_department
from xrm.entities.listing import ListQuery
from xrm.entities.models import party_department
from xrm.entities.queries import count_entities
from xrm.entities.removal import delete_entity, restore_entity
from xrm.entities.service import create_entities, prepare
from xrm.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from xrm.history.queries import entity_history
from xrm.interactions.service import record_interaction
from xrm.jobs.queries import get_job
from xrm.jobs.worker import run_due
from xrm.relationships.service import relate
from xrm.relocation.planning import MovePlan, plan_move
from xrm.relocation.service import BATCH, move_contents
from xrm.roles.service import start_role
from xrm.search.queries import search
from xrm.unit_of_work import Actor, UnitOfWork
from xrm.work import KINDS

PUPIL = """
entity: pupil
kind: role
of: [person, organization]
label:
  en: {one: pupil, many: pupils}
  fr: {one: élève, many: élèves, gender: m}
fields:
  number: {type: text, unique: true, label: {en: Number, fr: Numéro}}
"""
MANIFEST = """
plugin: school
version: 0.1.0
label: {en: School, fr: École}
summary: {en: Pupils., fr: Des élèves.}
works_with: {api: ">=1,<2"}
requires: [base]
"""


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, str]]:
    """The base vocabulary and a role with a number that is unique in its department."""
    folder = tmp_path / "packages" / "xrm_school"
    (folder / "entities").mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "plugin.yaml").write_text(MANIFEST, encoding="utf-8")
    (folder / "entities" / "pupil.yaml").write_text(PUPIL, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder.parent))
    yield {"base": "xrm_base", "school": "xrm_school"}
    sys.modules.pop("xrm_school", None)


@pytest.fixture
def full(graph: Graph) -> dict[str, uuid.UUID]:
    """A department with something of each kind in it, one of it in the bin."""
    where = graph.departments

    def fill(uow: UnitOfWork) -> dict[str, uuid.UUID]:
        return {"old": create_department(uow, "Old"), "new": create_department(uow, "New")}

    ids = graph.write(fill)
    old = ids["old"]
    ids |= {name.lower(): graph.organization(name, old) for name in ("Acme", "Gone")}
    ids |= {"ada": graph.person("Lovelace", old), "other": graph.organization("Elsewhere", where.press)}
    ids["customer"] = graph.role(ids["acme"], "customer", department=old)
    ids["foreign"] = graph.role(ids["other"], "customer", department=old)
    graph.role(ids["ada"], "partner", department=where.press)

    def beside(uow: UnitOfWork) -> None:
        for place in ("old", "new"):
            add_contact_point(uow, ids["acme"], "email", "acme@example.org", department=ids[place])
        relate(uow, "works_for", ids["ada"], ids["acme"], department=old)
        record_interaction(uow, "note", department=old, participants=[ids["acme"]], subject="Zebra")
        delete_entity(uow, ids["gone"])

    graph.write(beside)
    return ids


def plan(graph: Graph, ids: dict[str, uuid.UUID], types: list[str] | None = None, actor: Actor | None = None) -> MovePlan:
    return graph.read(lambda uow: plan_move(uow, ids["old"], ids["new"], types), actor)


def sees(graph: Graph, who: Actor) -> dict[str, int]:
    found = {}
    for name in ("person", "organization", "customer"):
        try:
            found[name] = graph.read(lambda uow, name=name: count_entities(uow, ListQuery(name)), who)  # type: ignore[misc]
        except PermissionDenied:
            found[name] = 0
    return found


def test_all_goes_and_the_department_can_go_too(graph: Graph, full: dict[str, uuid.UUID]) -> None:
    found = plan(graph, full)
    moved = graph.write(lambda uow: move_contents(uow, full["old"], full["new"]))

    counts = {one.name: one.count for one in found.kinds}
    assert counts == {
        "organization": 2, "person": 1, "customer": 2, "contact_point": 1, "interaction": 1, "relationship": 1
    }
    assert (found.is_possible, moved.count, moved.job) == (True, found.count, None)
    assert graph.read(lambda uow: contents_of(uow, full["old"])).is_empty
    graph.write(lambda uow: delete_department(uow, full["old"]))
    gate = graph.read(lambda uow: uow.execute(select(party_department.c.entity_id, party_department.c.department_id)).all())
    assert {(full["acme"], full["new"]), (full["ada"], full["new"]), (full["other"], full["new"])} <= {tuple(row) for row in gate}
    graph.write(lambda uow: restore_entity(uow, full["gone"]))
    points = graph.read(lambda uow: uow.execute(select(contact_point.c.valid_until).order_by(contact_point.c.id)).scalars().all())
    assert [one is None for one in points] == [False, True]
    history = graph.read(lambda uow: repr(entity_history(uow, full["acme"])))
    assert "entity.moved" in history
    assert "role.moved" in history


def test_sight_changes_as_the_preview_says(graph: Graph, full: dict[str, uuid.UUID]) -> None:
    where = graph.departments
    people = {
        "old": graph.user({full["old"]: ["*:read"]}), "new": graph.user({full["new"]: ["*:read"]}),
        "both": graph.user({full["old"]: ["*:read"], full["new"]: ["*:read"]}),
        "press": graph.user({full["old"]: ["*:read"], where.press: ["*:read"]}),
        "parts": graph.user({full["old"]: ["person:read"], full["new"]: ["organization:read", "customer:read"]}),
    }
    found = plan(graph, full)
    told = {one.user.id: {rows.type.name: rows.after - rows.before for rows in one.rows} for one in found.people}
    before = {key: sees(graph, who) for key, who in people.items()}

    graph.write(lambda uow: move_contents(uow, full["old"], full["new"]))

    for key, who in people.items():
        after = sees(graph, who)
        expected = {name: after[name] - before[key][name] for name in after if after[name] != before[key][name]}
        assert told.get(who.user_id or uuid.uuid4(), {}) == expected, key
    assert graph.read(lambda uow: [hit.title for hit in search(uow, "acme")], people["new"])[0] == "Acme"
    assert graph.read(lambda uow: search(uow, "acme"), people["old"]) == []


def test_only_what_was_chosen_goes(graph: Graph, full: dict[str, uuid.UUID]) -> None:
    graph.write(lambda uow: move_contents(uow, full["old"], full["new"], ["organization"]))

    left = graph.read(lambda uow: contents_of(uow, full["old"])).counts
    assert (left["entity"], left["role"]) == (1, 2)
    reader = graph.user({full["old"]: ["*:read"]})
    assert sees(graph, reader) == {"person": 1, "organization": 2, "customer": 2}
    with pytest.raises(InvalidInput, match="person"):
        plan(graph, full, ["persn"])
    with pytest.raises(InvalidInput):
        graph.read(lambda uow: plan_move(uow, full["old"], full["old"]))


@pytest.mark.parametrize(("place", "rights"), [
    ("old", ["*:*"]), ("new", ["*:*"]), ("both", ["*:read", "*:update", "*:link"]), ("both", ["*:read", "department:administer"]),
    ("both", ["*:read", "*:update", "department:administer"]),
])
def test_it_takes_edit_at_both_ends(graph: Graph, full: dict[str, uuid.UUID], place: str, rights: list[str]) -> None:
    who = graph.user({full[one]: rights for one in ("old", "new") if place in (one, "both")})
    before = graph.read(lambda uow: contents_of(uow, full["old"]))

    with pytest.raises((PermissionDenied, NotFound)):
        graph.write(lambda uow: move_contents(uow, full["old"], full["new"]), who)

    assert graph.read(lambda uow: contents_of(uow, full["old"])) == before


def test_a_value_that_is_taken_there_stops_it_before_anything_moves(graph: Graph, full: dict[str, uuid.UUID]) -> None:
    def number(uow: UnitOfWork) -> None:
        for party, place in (("acme", "old"), ("other", "new")):
            start_role(uow, full[party], "pupil", {"number": "K-1"}, department=full[place])

    graph.write(number)

    assert [(one.type, one.count) for one in plan(graph, full).taken] == [("pupil", 1)]
    with pytest.raises(Conflict, match="pupil"):
        graph.write(lambda uow: move_contents(uow, full["old"], full["new"]))
    graph.write(lambda uow: move_contents(uow, full["old"], full["new"], ["organization", "person"]))


def test_much_is_moved_by_a_job_with_the_rights_of_who_began_it(graph: Graph, full: dict[str, uuid.UUID]) -> None:
    def many(uow: UnitOfWork) -> None:
        names = [f"Firm {number}" for number in range(BATCH + 20)]
        create_entities(uow, [prepare(uow, "organization", {"name": one}, department=full["old"]) for one in names])

    graph.write(many)
    key = graph.write(lambda uow: create_permission_set(uow, "mover", {"en": "Mover", "fr": "Mover"}, ["*:*"]))
    user = graph.write(lambda uow: create_user(uow, "mover@example.org", name="Mover"))
    for one in ("old", "new"):
        graph.write(lambda uow, one=one: give(uow, user, "mover", department=full[one]))  # type: ignore[misc]
    mover = Actor("user", user, "Mover")
    assert key

    moved = graph.write(lambda uow: move_contents(uow, full["old"], full["new"], ["organization"]), mover)
    assert moved.job is not None
    graph.write(lambda uow: deactivate_user(uow, user))
    run_due(graph.runtime, limit=1, kinds=KINDS)
    stopped = graph.read(lambda uow: get_job(uow, moved.job or uuid.uuid4()))
    again = graph.write(lambda uow: move_contents(uow, full["old"], full["new"], ["organization"]))
    run_due(graph.runtime, limit=5, kinds=KINDS)

    assert (stopped.state, "no login" in stopped.error) == ("failed", True)
    done = graph.read(lambda uow: get_job(uow, again.job or uuid.uuid4()))
    assert (done.state, done.result) == ("done", {"moved": again.count})
    assert graph.read(lambda uow: contents_of(uow, full["old"])).counts["entity"] == 1
    audited = select(audit_entry.c.id).where(audit_entry.c.action == "entity.moved")
    assert len(graph.read(lambda uow: uow.execute(audited).all())) == again.count


def test_a_plan_costs_the_same_for_many_rows(graph: Graph, full: dict[str, uuid.UUID]) -> None:
    graph.user({full["old"]: ["*:read"]})

    def statements() -> int:
        seen: list[Any] = []
        note = lambda *given: seen.append(given[2])  # noqa: E731
        event.listen(graph.runtime.engine, "before_cursor_execute", note)
        plan(graph, full)
        event.remove(graph.runtime.engine, "before_cursor_execute", note)
        return len(seen)

    assert statements() >= (before := statements())
    for number in range(5):
        graph.organization(f"Firm {number}", full["old"])

    assert statements() == before
