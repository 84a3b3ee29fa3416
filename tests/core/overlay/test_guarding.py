# SPDX-License-Identifier: Apache-2.0
"""Guarding fields while the program runs: the search, other processes, renamed fields, and what cannot be guarded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.core.access.conftest import WORD
from tests.factories.graph import Graph
from xrm.access.field_rights import visible_fields
from xrm.entities.queries import get_entity, subtitle
from xrm.errors import Conflict, InvalidInput, NotFound, PermissionDenied, PluginError
from xrm.overlay.fields import add_field, rename_field
from xrm.overlay.guarding import guard_field, unguard_field
from xrm.runtime import open_runtime
from xrm.schema.load import load_folder
from xrm.search.queries import search
from xrm.settings import Settings
from xrm.unit_of_work import Actor


@pytest.fixture
def plugins(with_trial: Mapping[str, str]) -> Mapping[str, str]:
    return with_trial


def test_a12_a_field_leaves_the_search_when_it_is_guarded_and_comes_back(graph: Graph) -> None:
    graph.create("organization", {"name": "Firm", "trade_name": WORD})
    assert graph.read(lambda uow: search(uow, WORD))

    guard_field(graph.runtime, graph.admin, "organization", "trade_name")
    assert not graph.read(lambda uow: search(uow, WORD))
    graph.create("organization", {"name": "Other", "trade_name": WORD})
    assert not graph.read(lambda uow: search(uow, WORD))

    unguard_field(graph.runtime, graph.admin, "organization", "trade_name")
    assert len(graph.read(lambda uow: search(uow, WORD))) == 2


def test_a_subtitle_leaves_out_what_is_hidden(graph: Graph) -> None:
    sector = next(iter(graph.runtime.registry.get("organization").fields["sector"].choices), None)
    one = graph.create("organization", {"name": "Firm", "sector": sector.key if sector else WORD})
    user = graph.user({graph.departments.sales: ["*:read"]})
    entity_type = graph.runtime.registry.get("organization")

    def line(actor: Actor) -> tuple[str, str]:
        values = graph.read(lambda uow: get_entity(uow, one), actor).fields
        hits = graph.read(lambda uow: search(uow, "firm"), actor)
        return subtitle(entity_type, values, "en"), hits[0].subtitle

    assert all(line(user))
    guard_field(graph.runtime, graph.admin, "organization", "sector")
    assert line(user) == ("", "")


def test_another_process_hides_it_too(graph: Graph, settings: Settings) -> None:
    reader = graph.user({graph.departments.sales: ["*:read"]})
    guard_field(graph.runtime, graph.admin, "ticket", "code")
    one = graph.create("ticket", {"name": "A", "code": "secret"})
    other = open_runtime(settings)
    other.host, other.registry = graph.runtime.host, graph.runtime.registry
    other.follow(at_once=True)
    unguard_field(graph.runtime, graph.admin, "ticket", "code")
    other.follow(at_once=True)
    assert other.read(lambda uow: get_entity(uow, one), reader).fields["code"] == "secret"

    guard_field(graph.runtime, graph.admin, "ticket", "code")
    other.follow(at_once=True)

    assert "code" not in other.read(lambda uow: get_entity(uow, one), reader).fields
    other.close()


def test_the_guard_of_an_own_field_goes_with_it_when_it_is_renamed(graph: Graph) -> None:
    runtime, admin = graph.runtime, graph.admin
    add_field(runtime, admin, "ticket", "margin", {"type": "integer", "label": {"en": "Margin", "fr": "Marge"}, "guarded": True})
    assert "x_margin" in runtime.registry.guards["ticket"]

    rename_field(runtime, admin, "ticket", "x_margin", "x_profit")
    assert list(runtime.registry.guards["ticket"]) == ["x_profit"]

    unguard_field(runtime, admin, "ticket", "x_profit")
    assert "ticket" not in runtime.registry.guards
    guard_field(runtime, admin, "ticket", "x_profit")
    assert list(runtime.registry.guards["ticket"]) == ["x_profit"]


def test_what_all_see_cannot_be_guarded(graph: Graph) -> None:
    runtime, admin = graph.runtime, graph.admin
    for name, key, said in (
        ("ticket", "name", "title"), ("ticket", "stage", "stage"), ("organization", "closed_on", "contactable"),
        ("organization", "logo", "file"),
    ):
        with pytest.raises(InvalidInput, match=said):
            guard_field(runtime, admin, name, key)
    with pytest.raises(NotFound, match="code"):
        guard_field(runtime, admin, "ticket", "cod")
    with pytest.raises(InvalidInput, match="not guarded"):
        unguard_field(runtime, admin, "ticket", "code")
    guard_field(runtime, admin, "ticket", "code")
    with pytest.raises(Conflict):
        guard_field(runtime, admin, "ticket", "code")


def test_only_who_administers_the_schema_guards(graph: Graph) -> None:
    user = graph.user({graph.departments.sales: ["*:*"]})
    with pytest.raises(PermissionDenied):
        guard_field(graph.runtime, user, "ticket", "code")
    guard_field(graph.runtime, graph.admin, "ticket", "code")
    with pytest.raises(PermissionDenied):
        unguard_field(graph.runtime, user, "ticket", "code")


def test_types_without_guarded_fields_cost_nothing(graph: Graph) -> None:
    reader = graph.user({graph.departments.sales: ["*:read"]})
    guard_field(graph.runtime, graph.admin, "ticket", "code")
    assert graph.read(lambda uow: visible_fields(uow, "person"), reader) == {}


def test_a_declaration_guards_a_field_and_a_title_with_it_is_refused(tmp_path: Path) -> None:
    from xrm.db.metadata import metadata  # noqa: PLC0415
    from xrm.entities.declared_expressions import check_expressions  # noqa: PLC0415
    from xrm.schema.fields.builtin import FIELD_TYPES  # noqa: PLC0415
    from xrm.schema.guarding import guards_of  # noqa: PLC0415
    from xrm.schema.registry import build_registry  # noqa: PLC0415

    (tmp_path / "entities").mkdir()
    file = tmp_path / "entities" / "deal.yaml"
    declared = (
        "entity: deal\nkind: record\n"
        "label: {en: {one: deal, many: deals}, fr: {one: affaire, many: affaires, gender: f}}\n"
        "title: \"{TITLE}\"\nfields:\n"
        "  name: {type: text, label: {en: Name, fr: Nom}}\n"
        "  margin: {type: integer, guarded: true, label: {en: Margin, fr: Marge}}\n"
        "  half: {type: computed, formula: 'margin * 2', label: {en: Half, fr: Moitié}}\n"
        "  reason: {type: text, when: 'margin > 3', label: {en: Reason, fr: Motif}}\n"
    )

    def registry(title: str) -> Any:
        file.write_text(declared.replace("TITLE", title), encoding="utf-8")
        return build_registry(load_folder(tmp_path, "deals").entities, (), (), FIELD_TYPES, metadata)

    good = registry("name")
    check_expressions(good)
    assert guards_of(good.entity_types, ()) == {
        "deal": {"margin": {"margin"}, "half": {"margin"}, "reason": {"margin"}}
    }
    with pytest.raises(PluginError, match=r"deal.yaml:7.*margin stands in title"):
        check_expressions(registry("margin"))
