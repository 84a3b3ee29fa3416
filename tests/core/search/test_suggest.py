# SPDX-License-Identifier: Apache-2.0
"""What a picker suggests while somebody types."""

from __future__ import annotations

from tests.core.search.conftest import Create
from xrm.runtime import Runtime
from xrm.search.queries import suggest
from xrm.unit_of_work import Actor


def suggested(runtime: Runtime, actor: Actor, text: str, *types: str, limit: int = 10) -> list[str]:
    return [hit.title for hit in runtime.read(lambda uow: suggest(uow, text, types, limit=limit), actor)]


def test_beginnings_of_sort_keys_come_first_then_words_of_titles(create: Create, runtime: Runtime, admin: Actor) -> None:
    create("person", first_name="Durand", last_name="Zola")
    create("person", first_name="Zoé", last_name="Durand")

    assert suggested(runtime, admin, "dur", "person") == ["Zoé Durand", "Durand Zola"]


def test_one_letter_is_enough(create: Create, runtime: Runtime, admin: Actor) -> None:
    create("organization", name="Érable")
    create("organization", name="Acme")

    assert suggested(runtime, admin, "e") == ["Érable"]


def test_only_the_types_asked_for_are_suggested(create: Create, runtime: Runtime, admin: Actor) -> None:
    create("organization", name="Durand SA")
    create("person", last_name="Durand")

    assert suggested(runtime, admin, "durand", "organization") == ["Durand SA"]


def test_no_more_than_the_limit_is_suggested(create: Create, runtime: Runtime, admin: Actor) -> None:
    for number in range(4):
        create("organization", name=f"Acme {number}")

    assert suggested(runtime, admin, "acme", limit=2) == ["Acme 0", "Acme 1"]
