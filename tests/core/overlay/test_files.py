# SPDX-License-Identifier: Apache-2.0
"""The overlay as files: what a test instance exports, a production instance takes in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.core.overlay.test_merging import VISIT
from tests.factories.graph import Graph
from xrm.entities.queries import get_entity
from xrm.errors import InvalidInput, NotFound
from xrm.migrate.upgrade import apply_changes
from xrm.overlay.fields import add_field, rename_field, retire_field
from xrm.overlay.files import export_overlay, to_yaml
from xrm.overlay.importing import import_overlay
from xrm.runtime import Runtime
from xrm.schema.strict_yaml import parse
from xrm.unit_of_work import Actor

pytestmark = pytest.mark.by_turns

LABEL = {"en": "Rate: yes", "fr": "Taux"}
RATE = {"type": "decimal", "scale": 2, "min": 0.25, "label": LABEL, "default": "1.50"}


def _write(folder: Path, name: str, content: Mapping[str, object]) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_yaml(content), encoding="utf-8")


@pytest.mark.parametrize(
    "value", ["NO", "true", "1e5", "0o17", "=today()", "01000", "a: b", "", "É", "two words", "x ", "null", "~", "- a", "a\nb"]
)
def test_text_is_read_back_as_it_was_written(value: str) -> None:
    assert parse(to_yaml({"a": {"k": [value]}})).data == {"a": {"k": [value]}}


def test_what_was_exported_is_the_same_after_import(runtime: Runtime, admin: Actor, tmp_path: Path) -> None:
    _write(tmp_path / "in", "entities/visit.yaml", VISIT)
    _write(tmp_path / "in", "fields/customer.yaml", {"entity": "customer", "fields": {"x_rate": RATE}})
    _write(tmp_path / "in", "fields/visit.yaml", {"entity": "visit", "fields": {"x_rate": RATE}})
    first = import_overlay(runtime, admin, tmp_path / "in")

    files = export_overlay(runtime, admin, tmp_path / "out")
    second = import_overlay(runtime, admin, tmp_path / "out")

    assert first.added == ["visit", "customer.x_rate", "visit.x_rate"]
    assert (second.added, second.changed, second.unchanged) == ([], [], first.added)
    assert [path.relative_to(tmp_path / "out").as_posix() for path in files] == [
        "entities/visit.yaml", "fields/customer.yaml", "fields/visit.yaml",
    ]
    came, went = (tmp_path / side / "fields" / "customer.yaml" for side in ("in", "out"))
    assert went.read_text() == came.read_text()


def test_records_of_an_added_type_can_be_made_at_once(runtime: Runtime, admin: Actor, graph: Graph, tmp_path: Path) -> None:
    _write(tmp_path, "entities/visit.yaml", VISIT)
    import_overlay(runtime, admin, tmp_path)

    one = graph.create("visit", {"subject": "Tour"})

    assert graph.read(lambda uow: get_entity(uow, one)).title == "Tour"


def test_a_rename_is_a_rename_on_the_other_instance_too(
    runtime: Runtime, admin: Actor, graph: Graph, tmp_path: Path
) -> None:
    add_field(runtime, admin, "organization", "old", RATE)
    export_overlay(runtime, admin, tmp_path)
    text = (tmp_path / "fields" / "organization.yaml").read_text()
    one = graph.create("organization", {"name": "Acme", "x_old": "2.75"})
    new = to_yaml({"x_old": {**RATE, "retired": True}, "x_new": RATE}).replace("\n", "\n  ").rstrip()
    (tmp_path / "fields" / "organization.yaml").write_text(
        f"entity: organization\nfields:\n  {new}\nrenamed: {{x_old: x_new}}\n", encoding="utf-8"
    )

    import_overlay(runtime, admin, tmp_path)

    assert "x_old" in text
    assert str(graph.read(lambda uow: get_entity(uow, one)).fields["x_new"]) == "2.75"


def test_a_rename_is_exported(runtime: Runtime, admin: Actor, tmp_path: Path) -> None:
    add_field(runtime, admin, "organization", "old", RATE)
    rename_field(runtime, admin, "organization", "old", "new")

    export_overlay(runtime, admin, tmp_path)

    content = parse((tmp_path / "fields" / "organization.yaml").read_text()).data
    assert content["renamed"] == {"x_old": "x_new"}
    assert list(content["fields"]) == ["x_new"]


def test_a_field_that_a_type_lost_is_retired_and_kept(runtime: Runtime, admin: Actor, tmp_path: Path) -> None:
    more = {**VISIT, "fields": {**VISIT["fields"], "rate": RATE}}  # type: ignore[dict-item]  # a mapping, as above
    _write(tmp_path, "entities/visit.yaml", more)
    import_overlay(runtime, admin, tmp_path)
    _write(tmp_path, "entities/visit.yaml", VISIT)

    report = import_overlay(runtime, admin, tmp_path)

    assert report.changed == ["visit"]
    assert list(runtime.registry.get("visit").fields) == ["subject"]
    assert runtime.registry.get("visit").all_fields["rate"].retired
    assert apply_changes(runtime.engine, runtime.registry) == []


def test_nothing_is_taken_in_when_one_file_is_wrong(runtime: Runtime, admin: Actor, tmp_path: Path) -> None:
    _write(tmp_path, "entities/visit.yaml", VISIT)
    _write(tmp_path, "fields/customer.yaml", {"entity": "customer", "fields": {"rate": RATE}})

    with pytest.raises(InvalidInput, match=r"customer\.yaml:3:3.*x_rate"):
        import_overlay(runtime, admin, tmp_path)

    assert "visit" not in runtime.registry.entity_types


def test_a_folder_without_files_is_told(runtime: Runtime, admin: Actor, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="export-overlay"):
        import_overlay(runtime, admin, tmp_path)


def test_retired_fields_are_exported_as_such(runtime: Runtime, admin: Actor, tmp_path: Path) -> None:
    add_field(runtime, admin, "customer", "rate", RATE)
    retire_field(runtime, admin, "customer", "rate")

    (file,) = export_overlay(runtime, admin, tmp_path)

    assert parse(file.read_text()).data["fields"]["x_rate"]["retired"] is True
