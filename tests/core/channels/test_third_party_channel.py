# SPDX-License-Identifier: Apache-2.0
"""A channel and a score model of strangers, one Python file each, work through the same services as ours."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from tests.factories.access import Departments
from xrm.channels.queries import messages_of
from xrm.channels.service import QueuedMessage, write_message
from xrm.contact_points.service import add_contact_point
from xrm.departments.queries import get_tree
from xrm.departments.switching import switch_plugin
from xrm.entities.service import create_entity
from xrm.errors import InvalidInput, NotFound
from xrm.interactions.service import record_interaction
from xrm.jobs.models import job
from xrm.jobs.worker import run_due
from xrm.runtime import Runtime
from xrm.scores.queries import list_scores
from xrm.scores.running import run_models
from xrm.unit_of_work import Actor, UnitOfWork
from xrm.work import KINDS

THIRD_PARTY = Path(__file__).parents[2] / "third_party"
NAMES = ("pigeon", "recency")


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, str]]:
    for name in NAMES:
        monkeypatch.syspath_prepend(str(THIRD_PARTY / name))
    yield {"base": "xrm_base"} | {name: f"xrm_{name}" for name in NAMES}
    for name in [module for module in sys.modules if module.split(".")[0] in {f"xrm_{name}" for name in NAMES}]:
        del sys.modules[name]


@pytest.fixture
def ada(runtime: Runtime, admin: Actor, departments: Departments) -> tuple[uuid.UUID, uuid.UUID]:
    """A person and her postal address."""
    def make(uow: UnitOfWork) -> tuple[uuid.UUID, uuid.UUID]:
        person = create_entity(uow, "person", {"last_name": "Lovelace"}, department=departments.sales)
        address = {"street": "1 Rue Haute", "city": "Lyon", "country": "FR"}
        return person, add_contact_point(uow, person, "postal", address)

    return runtime.write(make, admin)


def send_pigeon(runtime: Runtime, admin: Actor, ada: tuple[uuid.UUID, uuid.UUID], body: str = "Coo") -> QueuedMessage:
    person, point = ada
    return runtime.write(lambda uow: write_message(uow, "pigeon", person, to=point, subject="Hi", body=body), admin)


def test_a_message_goes_by_the_channel_of_a_stranger(
    runtime: Runtime, admin: Actor, ada: tuple[uuid.UUID, uuid.UUID], tmp_path: Path
) -> None:
    runtime.settings = replace(runtime.settings, plugins={"pigeon": {"loft": str(tmp_path)}})

    queued = send_pigeon(runtime, admin, ada)
    run_due(runtime, kinds=KINDS)

    assert "Coo" in (tmp_path / f"{queued.id}.txt").read_text(encoding="utf-8")
    assert runtime.read(lambda uow: messages_of(uow, [queued.interaction]), admin)[queued.interaction].state == "sent"


def test_a_channel_that_fails_is_tried_again(
    runtime: Runtime, admin: Actor, ada: tuple[uuid.UUID, uuid.UUID], tmp_path: Path
) -> None:
    queued = send_pigeon(runtime, admin, ada)  # without settings the plugin raises KeyError

    run_due(runtime, kinds=KINDS)
    before = runtime.read(lambda uow: messages_of(uow, [queued.interaction]), admin)[queued.interaction].state
    runtime.settings = replace(runtime.settings, plugins={"pigeon": {"loft": str(tmp_path)}})
    runtime.write(lambda uow: uow.execute(update(job).values(due_at=uow.now - timedelta(seconds=1))), admin)
    run_due(runtime, kinds=KINDS)

    assert before == "queued"
    assert len(list(tmp_path.glob("*.txt"))) == 1


def test_what_is_too_long_for_a_channel_is_refused(runtime: Runtime, admin: Actor, ada: tuple[uuid.UUID, uuid.UUID]) -> None:
    with pytest.raises(InvalidInput, match="280"):
        send_pigeon(runtime, admin, ada, body="x" * 281)


def test_a_channel_that_is_off_in_the_department_is_not_there(
    runtime: Runtime, admin: Actor, ada: tuple[uuid.UUID, uuid.UUID]
) -> None:
    runtime.write(lambda uow: switch_plugin(uow, "pigeon", get_tree(uow).by_id, is_on=False), admin)

    with pytest.raises(NotFound, match="pigeon"):
        send_pigeon(runtime, admin, ada)


def test_an_address_of_another_kind_is_refused(
    runtime: Runtime, admin: Actor, ada: tuple[uuid.UUID, uuid.UUID]
) -> None:
    email = runtime.write(lambda uow: add_contact_point(uow, ada[0], "email", "ada@example.com"), admin)

    with pytest.raises(InvalidInput):
        send_pigeon(runtime, admin, (ada[0], email))


def test_a_score_of_a_stranger_is_stored_and_listed(
    runtime: Runtime, admin: Actor, departments: Departments, ada: tuple[uuid.UUID, uuid.UUID]
) -> None:
    def call(uow: UnitOfWork) -> None:
        record_interaction(uow, "call", department=departments.sales, participants=[ada[0]], subject="Hello")

    runtime.write(call, admin)

    run_models(runtime, admin)

    found = runtime.read(lambda uow: list_scores(uow, ada[0]), admin)
    assert [(one.model.key, one.value, one.department) for one in found] == [("recency", 100, departments.sales)]
