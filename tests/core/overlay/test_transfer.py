# SPDX-License-Identifier: Apache-2.0
"""From a test instance to production: what was added, renamed and changed there is added, renamed and changed here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.core.overlay.test_merging import VISIT
from tests.factories.graph import Graph
from tests.factories.settled import assert_settled
from tests.instances import Prepared, PreparedDatabases, open_with
from xrm.entities.queries import get_entity
from xrm.migrate.progress import made_plans
from xrm.overlay.fields import add_field, change_field, rename_field, retire_field
from xrm.overlay.files import export_overlay, to_yaml
from xrm.overlay.importing import Imported, import_overlay
from xrm.overlay.queries import load_overlay
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.unit_of_work import Actor

pytestmark = pytest.mark.by_turns

LABEL = {"en": "Tier", "fr": "Niveau"}
GOLD, SILVER = {"gold": {"en": "Gold", "fr": "Or"}}, {"silver": {"en": "Silver", "fr": "Argent"}}
TIER = {"type": "choice", "label": LABEL, "choices": GOLD}
TEXT = {"type": "text", "search": "strong", "label": {"en": "Motto", "fr": "Devise"}}


class Elsewhere:
    """The test instance, on SQLite, and what is carried from it to ``runtime``, which is on either database."""

    def __init__(self, runtime: Runtime, admin: Actor, folder: Path) -> None:
        self.runtime = runtime
        self.admin = admin
        self._folder = folder

    def carry_to(self, runtime: Runtime, admin: Actor) -> Imported:
        """Export there, import here."""
        export_overlay(self.runtime, self.admin, self._folder)
        return import_overlay(runtime, admin, self._folder)


@pytest.fixture
def elsewhere(prepared_databases: PreparedDatabases, plugins: Mapping[str, str], tmp_path: Path) -> Iterator[Elsewhere]:
    """An instance of its own, on SQLite."""
    prepared: Prepared = prepared_databases.get("sqlite", plugins)
    home = tmp_path / "elsewhere"
    home.mkdir()
    settings = Settings(home=home, database_url=prepared_databases.copy(prepared, home), secret_key="a key long enough for tests")
    opened = open_with(settings, plugins)
    yield Elsewhere(opened, prepared.admin, tmp_path / "overlay")
    opened.close()


def test_what_was_added_there_is_added_here_and_the_second_time_nothing_is_done(
    elsewhere: Elsewhere, runtime: Runtime, admin: Actor
) -> None:
    for key, declaration in (("tier", TIER), ("motto", TEXT), ("tags", {**TEXT, "type": "tags"})):
        add_field(elsewhere.runtime, elsewhere.admin, "organization", key, declaration)

    first = elsewhere.carry_to(runtime, admin)
    plans = len(made_plans(runtime.engine))
    second = elsewhere.carry_to(runtime, admin)

    assert first.added == ["organization.x_tier", "organization.x_motto", "organization.x_tags"]
    assert (second.unchanged, second.added, second.changed, second.renamed) == (first.added, [], [], [])
    assert len(made_plans(runtime.engine)) == plans
    assert_settled(runtime)


@pytest.mark.parametrize(("declaration", "value"), [(TIER, "gold"), (TEXT, "Élan"), ({**TEXT, "type": "tags"}, ("a", "b"))])
def test_what_was_renamed_and_changed_there_is_here_with_its_values(
    elsewhere: Elsewhere, runtime: Runtime, admin: Actor, graph: Graph, declaration: dict[str, object], value: object
) -> None:
    add_field(elsewhere.runtime, elsewhere.admin, "organization", "a", declaration)
    elsewhere.carry_to(runtime, admin)
    one = graph.create("organization", {"name": "Acme", "x_a": value})

    rename_field(elsewhere.runtime, elsewhere.admin, "organization", "a", "b")
    rename_field(elsewhere.runtime, elsewhere.admin, "organization", "b", "c")
    change_field(elsewhere.runtime, elsewhere.admin, "organization", "c", {"label": {"en": "Level"}, "required": True})
    report = elsewhere.carry_to(runtime, admin)

    assert (report.renamed, report.added, report.changed) == (["organization.x_c"], [], [])
    fields = graph.read(lambda uow: get_entity(uow, one)).fields
    assert fields["x_c"] == value
    assert not {"x_a", "x_b"} & fields.keys()
    (here,), (there,) = (load_overlay(each.engine).additions for each in (runtime, elsewhere.runtime))
    assert (here.key, here.former, here.declaration) == (there.key, there.former, there.declaration)
    assert elsewhere.carry_to(runtime, admin).unchanged == ["organization.x_c"]
    assert_settled(runtime)


def test_a_type_changed_there_takes_the_values_of_here_over(
    elsewhere: Elsewhere, runtime: Runtime, admin: Actor, graph: Graph
) -> None:
    add_field(elsewhere.runtime, elsewhere.admin, "organization", "tier", TIER)
    elsewhere.carry_to(runtime, admin)
    one = graph.create("organization", {"name": "Acme", "x_tier": "gold"})

    change_field(elsewhere.runtime, elsewhere.admin, "organization", "tier", {"choices": SILVER})
    with_choice = elsewhere.carry_to(runtime, admin)
    change_field(elsewhere.runtime, elsewhere.admin, "organization", "tier", {"type": "text"})
    as_text = elsewhere.carry_to(runtime, admin)

    assert with_choice.changed == as_text.changed == ["organization.x_tier"]
    assert graph.read(lambda uow: get_entity(uow, one)).fields["x_tier"] == "gold"
    assert runtime.registry.get("organization").fields["x_tier"].type == "text"
    assert_settled(runtime)


def test_what_was_retired_there_is_retired_here(elsewhere: Elsewhere, runtime: Runtime, admin: Actor) -> None:
    add_field(elsewhere.runtime, elsewhere.admin, "organization", "motto", TEXT)
    elsewhere.carry_to(runtime, admin)
    retire_field(elsewhere.runtime, elsewhere.admin, "organization", "motto")

    elsewhere.carry_to(runtime, admin)

    assert "x_motto" not in runtime.registry.get("organization").fields
    assert "x_motto" in runtime.registry.get("organization").all_fields


def test_a_field_of_an_own_type_is_renamed_where_its_file_says_so(
    runtime: Runtime, admin: Actor, graph: Graph, tmp_path: Path
) -> None:
    file = tmp_path / "entities" / "visit.yaml"
    file.parent.mkdir()
    file.write_text(to_yaml({**VISIT, "fields": {**VISIT["fields"], "place": TEXT}}), encoding="utf-8")  # type: ignore[dict-item]
    import_overlay(runtime, admin, tmp_path)
    one = graph.create("visit", {"subject": "Tour", "place": "Brest"})

    renamed = {**VISIT, "fields": {**VISIT["fields"], "town": TEXT}, "renamed": {"place": "town"}}  # type: ignore[dict-item]
    file.write_text(to_yaml(renamed), encoding="utf-8")
    report = import_overlay(runtime, admin, tmp_path)

    assert report.changed == ["visit"]
    assert graph.read(lambda uow: get_entity(uow, one)).fields["town"] == "Brest"
    assert "place" not in runtime.registry.get("visit").all_fields
    assert {step.owner for step in made_plans(runtime.engine)[-1].steps} == {"overlay"}
    assert_settled(runtime)
