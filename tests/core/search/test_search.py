# SPDX-License-Identifier: Apache-2.0
"""What words find, in which order, and what is said of why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.search.conftest import Create, Search
from tests.factories.access import Departments
from xrm.contact_points.service import add_contact_point, end_contact_point
from xrm.entities.removal import delete_entity, restore_entity
from xrm.entities.service import update_entity
from xrm.errors import InvalidInput
from xrm.identifiers.service import set_identifier
from xrm.relationships.service import relate
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.search.queries import Hit, search, suggest
from xrm.unit_of_work import Actor


def titles(hits: list[Hit]) -> list[str]:
    return [hit.title for hit in hits]


@pytest.mark.parametrize("typed", ["folk och fa", "FOLK fä", "fä fol", "hb folk", "Folk och fä HB"])
def test_words_are_found_without_accents_case_or_order_as_beginnings(create: Create, find: Search, typed: str) -> None:
    create("organization", name="Folk och fä HB")
    create("organization", name="Folkets Hus")

    assert titles(find(typed)) == ["Folk och fä HB"]


@pytest.mark.parametrize(
    "typed",
    ['"', "'", "* OR title:", "NEAR(folk och)", "folk* NOT hb", "{strong}: folk", "a:*|b", "(", "\\", "- ^ +", "% _", ":", "&|!"],
)
def test_signs_have_no_meaning(create: Create, find: Search, typed: str) -> None:
    create("organization", name="Something else")

    assert find(typed) == []


def test_operators_are_words_like_others(create: Create, find: Search) -> None:
    create("organization", name="Near and Not")
    create("organization", name="Near")

    assert titles(find("near AND not")) == ["Near and Not"]


def test_nothing_typed_finds_nothing(create: Create, find: Search) -> None:
    create("organization", name="Acme")

    assert find("  ") == []


def test_a_text_beyond_all_measure_is_cut(create: Create, find: Search) -> None:
    create("organization", name="Acme")

    assert titles(find("acme " + "acme " * 5000 + "zzz")) == ["Acme"]


def test_nul_is_refused(find: Search) -> None:
    with pytest.raises(InvalidInput):
        find("ac\x00me")


def test_order_is_exact_title_then_its_beginning_then_its_words_then_other_text(
    create: Create, find: Search, runtime: Runtime, admin: Actor
) -> None:
    by_address = create("organization", name="Zebra")
    runtime.write(lambda uow: add_contact_point(uow, by_address, "email", "orion@example.org"), admin)
    create("organization", name="Grand Orion")
    create("organization", name="Orion Sud")
    create("organization", name="Orion")

    assert titles(find("orion")) == ["Orion", "Orion Sud", "Grand Orion", "Zebra"]


def test_among_equals_the_last_changed_comes_first(create: Create, find: Search, runtime: Runtime, admin: Actor) -> None:
    first = create("organization", name="Maison Alpha")
    create("organization", name="Maison Beta")
    runtime.write(lambda uow: update_entity(uow, first, {"name": "Maison Alpha bis"}), admin)

    assert titles(find("maison")) == ["Maison Alpha bis", "Maison Beta"]


@pytest.mark.parametrize(
    "typed", ["06 12", "0612345678", "+33 6 12 34 56 78", "+33 (0)6 12 34 56 78", "0033 6 12 34", "612345", "06.12.34.56.78"]
)
def test_a_telephone_number_is_found_however_it_is_written(
    create: Create, find: Search, runtime: Runtime, admin: Actor, typed: str
) -> None:
    person = create("person", first_name="Marie", last_name="Dupont")
    runtime.write(lambda uow: add_contact_point(uow, person, "phone", "+33612345678"), admin)

    hits = find(typed)

    assert titles(hits) == ["Marie Dupont"]
    assert str(hits[0].why) == "Phone: +33612345678"


@pytest.mark.parametrize("typed", ["m.dupont@example.org", "m.dupont", "dupont@exam", "example.org"])
def test_an_email_address_is_found_whole_or_in_part(
    create: Create, find: Search, runtime: Runtime, admin: Actor, typed: str
) -> None:
    organization = create("organization", name="Acme")
    runtime.write(lambda uow: add_contact_point(uow, organization, "email", "m.dupont@example.org"), admin)

    hits = find(typed)

    assert titles(hits) == ["Acme"]
    assert str(hits[0].why) == "E-mail: m.dupont@example.org"


@pytest.mark.parametrize("typed", ["FR-123 456", "fr123456", "FR 123 456"])
def test_an_identifier_is_found_with_or_without_gaps(
    create: Create, find: Search, runtime: Runtime, admin: Actor, typed: str
) -> None:
    organization = create("organization", name="Acme")
    runtime.write(lambda uow: set_identifier(uow, "ledger", "FR 123456", organization), admin)

    hits = find(typed)

    assert titles(hits) == ["Acme"]
    assert str(hits[0].why) == "ledger number: FR 123456"


def test_words_may_stand_in_different_documents_of_one_entity(
    create: Create, find: Search, runtime: Runtime, admin: Actor
) -> None:
    one, two = create("person", last_name="Dupont"), create("person", last_name="Dupond")
    runtime.write(lambda uow: add_contact_point(uow, one, "postal", {"city": "Lyon", "country": "FR"}), admin)
    runtime.write(lambda uow: add_contact_point(uow, two, "postal", {"city": "Paris", "country": "FR"}), admin)

    hits = find("dup lyon")

    assert titles(hits) == ["Dupont"]
    assert str(hits[0].why) == "Postal address: Lyon"


def test_a_field_of_a_role_is_named_in_the_language_of_the_actor(
    create: Create, find: Search, runtime: Runtime, admin: Actor, departments: Departments
) -> None:
    organization = create("organization", name="Acme")
    number = {"number": "C-4711"}
    runtime.write(lambda uow: start_role(uow, organization, "customer", number, department=departments.sales), admin)
    french = Actor(kind="user", user_id=admin.user_id, name="admin", language="fr")

    hits = find("c-4711", french)

    assert titles(hits) == ["Acme"]
    assert str(hits[0].why) == "Numéro de client: C-4711"


def test_single_letters_narrow_what_longer_words_find(create: Create, find: Search) -> None:
    create("person", first_name="Marie", last_name="Dupont")
    create("person", first_name="Paul", last_name="Dupont")

    assert titles(find("dupont m")) == ["Marie Dupont"]


def test_a_changed_title_is_found_by_its_new_words_only(create: Create, find: Search, runtime: Runtime, admin: Actor) -> None:
    organization = create("organization", name="Oldname")
    runtime.write(lambda uow: update_entity(uow, organization, {"name": "Newname"}), admin)

    assert find("oldname") == []
    assert titles(find("newname")) == ["Newname"]


def test_the_deleted_is_not_found_until_it_is_restored(create: Create, find: Search, runtime: Runtime, admin: Actor) -> None:
    organization = create("organization", name="Acme")
    runtime.write(lambda uow: delete_entity(uow, organization), admin)

    assert find("acme") == []

    runtime.write(lambda uow: restore_entity(uow, organization), admin)

    assert titles(find("acme")) == ["Acme"]


def test_a_former_address_still_finds(create: Create, find: Search, runtime: Runtime, admin: Actor) -> None:
    organization = create("organization", name="Acme")
    point = runtime.write(lambda uow: add_contact_point(uow, organization, "email", "old@example.org"), admin)
    runtime.write(lambda uow: end_contact_point(uow, point, uow.today), admin)

    assert titles(find("old@example.org")) == ["Acme"]


def test_types_narrow(create: Create, find: Search) -> None:
    create("organization", name="Martin SA")
    create("person", last_name="Martin")

    assert titles(find("martin", types=("person",))) == ["Martin"]
    assert len(find("martin", types=("party",))) == 2


def test_pages_follow_each_other(create: Create, find: Search) -> None:
    for number in range(5):
        create("organization", name=f"Maison {number}")

    whole = titles(find("maison", limit=5))

    assert titles(find("maison", limit=2)) + titles(find("maison", limit=3, offset=2)) == whole


def test_who_is_related_today_comes_after_what_was_found(create: Create, find: Search, runtime: Runtime, admin: Actor) -> None:
    person = create("person", first_name="Marie", last_name="Dupont")
    organization = create("organization", name="Acme")
    runtime.write(lambda uow: relate(uow, "works_for", person, organization), admin)

    hits = find("dupont")

    assert titles(hits) == ["Marie Dupont", "Acme"]
    assert str(hits[1].why) == "Marie Dupont works for Acme"


def test_a_relationship_that_is_over_leads_nowhere(create: Create, find: Search, runtime: Runtime, admin: Actor) -> None:
    person = create("person", last_name="Dupont")
    organization = create("organization", name="Acme")
    runtime.write(lambda uow: relate(uow, "works_for", person, organization, valid_until=uow.today), admin)

    assert titles(find("dupont")) == ["Dupont"]


def test_the_line_below_a_title_has_words_and_no_codes(create: Create, runtime: Runtime, admin: Actor) -> None:
    create("organization", name="Acme", sector="real_estate")
    french = replace(admin, language="fr")

    found = runtime.read(lambda uow: (search(uow, "acme")[0], suggest(uow, "acme")[0]), french)

    assert {"Immobilier" in hit.subtitle for hit in found} == {True}
