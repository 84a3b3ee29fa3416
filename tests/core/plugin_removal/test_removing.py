# SPDX-License-Identifier: Apache-2.0
"""A plugin that is removed is off with its data kept; dropped, nothing is left of it; taken back, nothing is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from tests.factories.removable import Harbour
from xrm.db.engine import for_writing
from xrm.entities.service import update_entity
from xrm.errors import InvalidInput, NotFound
from xrm.jobs.models import job
from xrm.jobs.worker import run_due
from xrm.migrate.drift import find_drift
from xrm.migrate.upgrade import plan_for, take_back
from xrm.overlay.fields import add_field
from xrm.plugin_removal.models import plugin_removal
from xrm.plugin_removal.records import found_removal
from xrm.plugin_removal.removing import look_at, remove_plugin
from xrm.plugin_removal.restoring import restore_plugin
from xrm.work import KINDS

pytestmark = pytest.mark.by_turns

SCHEMA = {"schema_object", "schema_applied"}  # what others declare is written down anew, in another order


def test_what_was_removed_is_off_and_kept_and_comes_back_as_it_was(harbour: Harbour) -> None:
    before = harbour.content()

    removal = remove_plugin(harbour.runtime, "harbour", actor="tester")

    assert "berth" not in harbour.runtime.registry.entity_types
    assert removal.archive is not None
    assert removal.archive.is_file()
    harbour.apply()
    restored = restore_plugin(harbour.runtime, "harbour", actor="tester")
    harbour.apply()
    assert restored.waiting == 0
    assert harbour.content() == before
    assert (plan_for(harbour.runtime.engine, harbour.runtime.registry).steps, find_drift(harbour.runtime.engine)) == ((), [])


def test_what_was_dropped_comes_back_from_its_export(harbour: Harbour) -> None:
    before = harbour.content()

    removal = remove_plugin(harbour.runtime, "harbour", actor="tester", now=True)

    gone = harbour.content()
    assert removal.receipt
    assert [name for name in gone if "harbour" in name] == []
    assert [name for name, rows in gone.items() if "berth" in str(rows)] == ["audit_entry"]
    harbour.apply()
    assert (plan_for(harbour.runtime.engine, harbour.runtime.registry).steps, find_drift(harbour.runtime.engine)) == ((), [])
    restored = restore_plugin(harbour.runtime, "harbour", actor="tester")
    harbour.apply()
    after = harbour.content()
    assert after.keys() | {"kept__harbour__berth__lease"} == before.keys()
    assert [name for name in after if after[name] != before[name]] == []
    assert restored.loaded.left_out == {}
    assert (plan_for(harbour.runtime.engine, harbour.runtime.registry).steps, find_drift(harbour.runtime.engine)) == ((), [])


def test_on_its_day_a_job_drops_the_data_unless_it_was_taken_back(harbour: Harbour) -> None:
    remove_plugin(harbour.runtime, "harbour", actor="tester")
    early = run_due(harbour.runtime, kinds=KINDS)
    days_pass(harbour)

    late = run_due(harbour.runtime, kinds=KINDS)

    assert (early, late) == (0, 1)
    assert found_removal(harbour.runtime.engine, "harbour").receipt
    assert [name for name in harbour.content() if "harbour" in name] == []
    restore_plugin(harbour.runtime, "harbour", actor="tester")
    remove_plugin(harbour.runtime, "harbour", actor="tester")
    restore_plugin(harbour.runtime, "harbour", actor="tester")
    days_pass(harbour)
    assert run_due(harbour.runtime, kinds=KINDS) == 0


def test_a_rollback_past_a_removal_names_the_way_out(harbour: Harbour) -> None:
    remove_plugin(harbour.runtime, "harbour", actor="tester", now=True)

    with pytest.raises(InvalidInput, match=r"dropped the data of the removed plugin harbour.*xrm plugin restore harbour"):
        take_back(harbour.runtime.engine, harbour.runtime.registry)
    restore_plugin(harbour.runtime, "harbour", actor="tester")
    with pytest.raises(InvalidInput, match=r"took the plugin harbour back.*xrm plugin remove harbour"):
        take_back(harbour.runtime.engine, harbour.runtime.registry)


def days_pass(harbour: Harbour) -> None:
    """Let all be due that waits for its day."""
    past = datetime.now(UTC) - timedelta(days=1)
    with for_writing(harbour.runtime.engine.connect()) as connection, connection.begin():
        connection.execute(update(plugin_removal).values(due_at=past))
        connection.execute(update(job).values(due_at=past))


def test_fields_of_administrators_on_its_types_go_and_come_back(harbour: Harbour) -> None:
    label = {"en": "Berth master", "fr": "Maître"}
    add_field(harbour.runtime, harbour.admin, "berth", "tier", {"type": "text", "label": label})
    add_field(harbour.runtime, harbour.admin, "berth", "marks", {"type": "tags", "label": label})
    link = {"type": "link", "to": ["berth"], "if_gone": "clear", "label": label}
    add_field(harbour.runtime, harbour.admin, "cargo", "from", link)
    values = {"x_tier": "gold", "x_marks": ["a", "b"]}
    harbour.runtime.write(lambda uow: update_entity(uow, harbour.berths[1], values), harbour.admin)
    harbour.runtime.write(lambda uow: update_entity(uow, harbour.cargo, {"x_from": harbour.berths[1]}), harbour.admin)
    before = harbour.content()

    found = look_at(harbour.runtime, "harbour")
    remove_plugin(harbour.runtime, found, actor="tester", now=True)

    assert set(found.inventory.own_fields) == {"berth.x_tier", "berth.x_marks"}
    assert dict(found.inventory.others) == {"freight__cargo.at": 1, "freight__cargo.x_from": 1, "freight__cargo__seen": 2}
    harbour.apply()
    restore_plugin(harbour.runtime, "harbour", actor="tester")
    harbour.apply()
    after = harbour.content()
    assert [name for name in after if name not in SCHEMA and after[name] != before[name]] == []
    assert harbour.runtime.misfits == ()
    assert (plan_for(harbour.runtime.engine, harbour.runtime.registry).steps, find_drift(harbour.runtime.engine)) == ((), [])


def test_before_the_drop_the_data_of_a_plugin_whose_files_are_gone_can_be_read_again(harbour: Harbour) -> None:
    before = harbour.content()
    (harbour.settings.home / "plugins" / "harbour").rename(harbour.settings.home / "elsewhere")
    harbour.open(is_remembering=True)
    remove_plugin(harbour.runtime, "harbour", actor="tester")
    assert "berth" not in harbour.runtime.registry.entity_types

    restore_plugin(harbour.runtime, "harbour", actor="tester")

    assert harbour.runtime.registry.dormant["berth"] == "harbour"
    after = harbour.content()
    assert [name for name in before if name not in SCHEMA and after[name] != before[name]] == []


def test_a_plugin_whose_files_are_gone_can_be_removed_too(harbour: Harbour) -> None:
    before = harbour.content()
    folder = harbour.settings.home / "plugins" / "harbour"
    folder.rename(harbour.settings.home / "elsewhere")
    harbour.open()
    harbour.apply()

    remove_plugin(harbour.runtime, "harbour", actor="tester", now=True)

    assert [name for name in harbour.content() if "harbour" in name] == []
    with pytest.raises(NotFound, match="not installed"):
        restore_plugin(harbour.runtime, "harbour", actor="tester")
    (harbour.settings.home / "elsewhere").rename(folder)
    harbour.open()
    restore_plugin(harbour.runtime, "harbour", actor="tester")
    after = harbour.content()
    assert [name for name in after if name not in SCHEMA and after[name] != before[name]] == []
