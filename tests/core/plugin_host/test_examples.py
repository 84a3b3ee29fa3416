# SPDX-License-Identifier: Apache-2.0
"""The four examples of the guide work: entity types without Python, a score model, a channel, a panel."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.factories.access import Departments
from xrm.channels.contract import OutgoingMessage
from xrm.contact_points.service import add_contact_point
from xrm.entities.queries import get_entity
from xrm.entities.service import create_entity
from xrm.interactions.service import record_interaction
from xrm.plugin_host.blocks import Block
from xrm.runtime import Runtime
from xrm.scores.contract import ScoreRow
from xrm.unit_of_work import Actor, UnitOfWork

THIRD_PARTY = Path(__file__).parents[2] / "third_party"
NAMES = ("beekeeping", "recency", "pigeon", "neighbours")


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, str]]:
    """The base vocabulary and the examples, found as if they were installed."""
    for name in NAMES:
        monkeypatch.syspath_prepend(str(THIRD_PARTY / name))
    yield {"base": "xrm_base"} | {name: f"xrm_{name}" for name in NAMES}
    for name in [module for module in sys.modules if module.split(".")[0] in {f"xrm_{name}" for name in NAMES}]:
        del sys.modules[name]


def add_person(uow: UnitOfWork, name: str, department: uuid.UUID) -> uuid.UUID:
    return create_entity(uow, "person", {"first_name": name, "last_name": "Dupont"}, department=department)


def test_an_entity_type_of_two_yaml_files_can_be_used(runtime: Runtime, admin: Actor, departments: Departments) -> None:
    def write(uow: UnitOfWork) -> uuid.UUID:
        keeper = add_person(uow, "Ada", departments.sales)
        return create_entity(uow, "hive", {"name": "Hill", "keeper": keeper, "honey": "12.5"}, department=departments.sales)

    hive = runtime.write(write, admin)

    assert runtime.read(lambda uow: get_entity(uow, hive), admin).title == "Hill"


def test_a_score_model_of_one_file_scores_per_department(runtime: Runtime, admin: Actor, departments: Departments) -> None:
    def write(uow: UnitOfWork) -> uuid.UUID:
        person = add_person(uow, "Ada", departments.sales)
        add_person(uow, "Bob", departments.sales)
        for department in (departments.sales, departments.press):
            record_interaction(uow, "call", department=department, participants=[person], subject="Hello")
        return person

    person = runtime.write(write, admin)
    model = runtime.host.contributed("register_score_models")[0].value

    def compute(uow: UnitOfWork) -> list[ScoreRow]:
        return list(runtime.host.stream("recency", "score", lambda: model.compute(uow, "person", None)))

    rows = runtime.read(compute, admin)

    assert {(row.entity, row.department) for row in rows} == {(person, departments.sales), (person, departments.press)}
    assert {row.value for row in rows} == {100}
    assert model.band_of(rows[0].value).key == "warm"


def test_a_channel_of_one_file_sends(runtime: Runtime, tmp_path: Path) -> None:
    channel = runtime.host.contributed("register_channels")[0].value
    message = OutgoingMessage(uuid.uuid4(), "<1@example.org>", "postal", "Rue 1, Paris", "Ada", "Hello", "Text")

    states = [channel.send(message, {"loft": str(folder)}).state for folder in (tmp_path, tmp_path, tmp_path / "gone")]

    assert states == ["sent", "sent", "retry"]
    assert len(list(tmp_path.glob("*.txt"))) == 1


def test_a_panel_of_one_file_shows_what_the_reader_may_see(runtime: Runtime, admin: Actor, departments: Departments) -> None:
    address = {"street": "Rue 1", "postal_code": "75001", "city": "Paris", "country": "FR"}

    def write(uow: UnitOfWork) -> uuid.UUID:
        people = [add_person(uow, name, departments.sales) for name in ("Ada", "Bob", "Cid")]
        for person in people[:2]:
            add_contact_point(uow, person, "postal", address)
        return people[0]

    person = runtime.write(write, admin)

    def blocks(uow: UnitOfWork) -> tuple[Block, ...]:
        answer = uow.host.ask("panels", uow=uow, entity=get_entity(uow, person)).items[0]
        return uow.host.build(answer.plugin, answer.value, uow)

    shown = runtime.read(blocks, admin)[0]

    assert [link.label for link in shown.links] == ["Bob Dupont"]  # type: ignore[union-attr]
