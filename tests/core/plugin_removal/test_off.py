# SPDX-License-Identifier: Apache-2.0
"""While a plugin is removed and its data kept, the core works as if the plugin had never been: nothing blocks, nothing shows."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import delete

from tests.factories.removable import BERTH, BERTH_FIELDS, CARGO, Harbour, fields, write_plugin
from xrm.db.engine import for_writing
from xrm.entities.listing import ListQuery
from xrm.entities.models import entity
from xrm.entities.queries import count_entities, get_entity, list_entities
from xrm.entities.removal import delete_entity, restore_entity
from xrm.entities.service import update_entity
from xrm.errors import Conflict, NotFound
from xrm.interactions.queries import timeline
from xrm.migrate.drift import find_drift
from xrm.migrate.upgrade import plan_for
from xrm.plugin_removal.dropping import drop_plugin
from xrm.plugin_removal.removing import remove_plugin
from xrm.plugin_removal.restoring import restore_plugin
from xrm.relationships.queries import list_relationships
from xrm.roles.queries import list_roles_of
from xrm.search.queries import search

pytestmark = pytest.mark.by_turns


@pytest.fixture
def removed(harbour: Harbour) -> Harbour:
    """The instance with harbour removed, its data kept."""
    remove_plugin(harbour.runtime, "harbour", actor="tester")
    harbour.apply()
    return harbour


def test_a_link_that_refuses_holds_nobody_while_its_plugin_is_removed(harbour: Harbour) -> None:
    with pytest.raises(Conflict):
        harbour.runtime.write(lambda uow: delete_entity(uow, harbour.person), harbour.admin)
    remove_plugin(harbour.runtime, "harbour", actor="tester")

    harbour.runtime.write(lambda uow: delete_entity(uow, harbour.person), harbour.admin)
    harbour.runtime.write(lambda uow: restore_entity(uow, harbour.person), harbour.admin)

    assert harbour.runtime.read(lambda uow: get_entity(uow, harbour.person).title, harbour.admin) == "Zoé Le Goff"


def test_a_party_with_roles_of_it_goes_for_good_and_its_roles_with_it(removed: Harbour) -> None:
    with for_writing(removed.runtime.engine.connect()) as connection, connection.begin():
        connection.execute(delete(entity).where(entity.c.id == removed.person))

    left = removed.content()

    assert [left[name] for name in ("role", "harbour__pilot", "harbour__pilot__waters", "relationship", "contact_point")][:4] == [
        [], [], [], []
    ]
    restored = restore_plugin(removed.runtime, "harbour", actor="tester")
    removed.apply()
    assert restored.waiting == 0
    assert removed.runtime.read(lambda uow: count_entities(uow, ListQuery("berth")), removed.admin) == len(removed.berths)


def test_pages_of_the_core_show_nothing_of_it_and_do_not_fail(removed: Harbour) -> None:
    def look(uow):  # type: ignore[no-untyped-def]  # several things at once
        return (
            [one.type for one in list_roles_of(uow, removed.person)], list_relationships(uow, removed.person),
            [one.fields["name"] for one in list_entities(uow, ListQuery("cargo")).items], search(uow, "quai"),
            [one.kind for one in timeline(uow, removed.person).items],
        )

    roles, relationships, cargo, found, _ = removed.runtime.read(look, removed.admin)

    assert (roles, list(relationships), cargo, list(found)) == (["customer"], [], ["Salt"], [])
    with pytest.raises(NotFound):
        removed.runtime.read(lambda uow: list_entities(uow, ListQuery("berth")), removed.admin)


def test_a_party_renamed_meanwhile_is_sorted_and_found_by_its_role_afterwards(removed: Harbour) -> None:
    removed.runtime.write(lambda uow: update_entity(uow, removed.person, {"last_name": "Abgrall"}), removed.admin)

    restore_plugin(removed.runtime, "harbour", actor="tester")

    pilots = removed.runtime.read(lambda uow: list_entities(uow, ListQuery("pilot")).items, removed.admin)
    assert [one.title for one in pilots] == ["Zoé Abgrall"]
    keys = {dict(row)["title_key"] for row in removed.content()["harbour__pilot"]}
    assert keys == {dict(row)["title_key"] for row in removed.content()["person"]}
    assert removed.runtime.read(lambda uow: search(uow, "Iroise77"), removed.admin)[0].id == removed.person


def test_a_party_seen_only_by_a_dropped_role_is_seen_no_more_there(harbour: Harbour) -> None:
    def seen() -> set[str]:
        return {dict(row)["department_id"] for row in harbour.content()["party_department"]
                if dict(row)["entity_id"] == dict(harbour.content()["person"][0])["id"]}

    before = seen()
    remove_plugin(harbour.runtime, "harbour", actor="tester")
    assert seen() == before
    drop_plugin(harbour.runtime, "harbour", actor="tester")

    assert len(before) == 2
    assert len(seen()) == 1
    restore_plugin(harbour.runtime, "harbour", actor="tester")
    assert seen() == before


def test_another_process_follows(harbour: Harbour) -> None:
    other = harbour.runtime
    harbour.open()

    remove_plugin(harbour.runtime, "harbour", actor="tester")
    other.follow(at_once=True)

    assert "berth" not in other.registry.entity_types
    assert other.host.get("harbour").status == "removed"
    restore_plugin(harbour.runtime, "harbour", actor="tester")
    other.follow(at_once=True)
    assert "berth" in other.registry.entity_types


def test_a_later_version_takes_up_what_was_removed_with_its_renames(removed: Harbour) -> None:
    later = {key: one for key, one in BERTH_FIELDS.items() if key not in {"number", "equipment"}}
    later |= fields(code={"type": "text", "unique": True}, gear={"type": "tags"}, built={"type": "date"})
    drop_plugin(removed.runtime, "harbour", actor="tester")
    removed.install(fields=later, renamed={"number": "code", "equipment": "gear"}, revision=2)

    restored = restore_plugin(removed.runtime, "harbour", actor="tester")

    first = removed.runtime.read(lambda uow: get_entity(uow, removed.berths[0]).fields, removed.admin)
    assert restored.waiting == 0
    assert (first["code"], first["gear"], first["opened"]) == ("B0", ("crane", "E0"), date(1923, 5, 4))
    assert find_drift(removed.runtime.engine) == []


def test_a_rename_under_way_waits_while_its_plugin_is_removed(harbour: Harbour) -> None:
    later = {key: one for key, one in BERTH_FIELDS.items() if key not in {"number", "equipment"}}
    later |= fields(code={"type": "text", "unique": True}, gear={"type": "tags"})
    harbour.install(fields=later, renamed={"number": "code", "equipment": "gear"}, revision=2)
    harbour.apply()
    before = harbour.content()
    remove_plugin(harbour.runtime, "harbour", actor="tester")

    harbour.apply(contract_now=True)
    drop_plugin(harbour.runtime, "harbour", actor="tester")
    assert (plan_for(harbour.runtime.engine, harbour.runtime.registry).steps, find_drift(harbour.runtime.engine)) == ((), [])
    restore_plugin(harbour.runtime, "harbour", actor="tester")

    after = harbour.content()
    assert [name for name in after if after[name] != before[name]] == []
    assert find_drift(harbour.runtime.engine) == []
    harbour.apply(contract_now=True)
    assert find_drift(harbour.runtime.engine) == []


def test_links_of_others_are_cleared_by_the_drop_and_given_back(harbour: Harbour) -> None:
    def cargo() -> tuple[object, object]:
        found = harbour.runtime.read(lambda uow: get_entity(uow, harbour.cargo).fields, harbour.admin)
        return found["at"], found["seen"]

    before = cargo()
    remove_plugin(harbour.runtime, "harbour", actor="tester", now=True)

    assert cargo() == (None, ())
    write_plugin(harbour.settings.home, "freight", {"entities/cargo.yaml": CARGO}, version="1.1")
    restore_plugin(harbour.runtime, "harbour", actor="tester")
    assert cargo() == before
    assert BERTH["entity"] in harbour.runtime.registry.entity_types
