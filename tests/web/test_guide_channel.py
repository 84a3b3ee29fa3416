# SPDX-License-Identifier: Apache-2.0
"""The channel of the guide for plugins works from the button to the timeline."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from tests.factories.access import Departments
from xrm.contact_points.service import add_contact_point
from xrm.entities.service import create_entity
from xrm.jobs.worker import run_due
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork, system_actor
from xrm.work import KINDS

PIGEON = Path(__file__).parents[1] / "third_party" / "pigeon"


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, str]]:
    """The base vocabulary and the channel that docs/writing-a-plugin.md shows."""
    monkeypatch.syspath_prepend(str(PIGEON))
    yield {"base": "xrm_base", "pigeon": "xrm_pigeon"}
    for name in [name for name in sys.modules if name.split(".")[0] == "xrm_pigeon"]:
        del sys.modules[name]


def test_a_message_goes_from_the_button_over_the_job_to_the_timeline(
    client: FlaskClient, runtime: Runtime, departments: Departments, tmp_path: Path
) -> None:
    def make(uow: UnitOfWork) -> tuple[UUID, UUID]:
        person = create_entity(uow, "person", {"first_name": "Ada", "last_name": "Byron"}, department=departments.sales)
        return person, add_contact_point(uow, person, "postal", {"street": "1 Rue Haute", "city": "Lyon", "country": "FR"})

    runtime.settings = replace(runtime.settings, plugins={"pigeon": {"loft": str(tmp_path)}})
    person, point = runtime.write(make, system_actor())
    page = f"/base/person/{person}"

    offered = client.get(page).text
    asked = client.get(f"{page}/actions/pigeon/write").text
    empty = client.post(f"{page}/actions/pigeon/write", data={"to": str(point), "body": ""})
    sent = client.post(f"{page}/actions/pigeon/write", data={"to": str(point), "body": "Coo from the roof"})
    run_due(runtime, kinds=KINDS)

    assert "Send a pigeon" in offered
    assert "1 Rue Haute" in asked
    assert "This is needed. Fill it in." in empty.text
    assert sent.status_code == 303
    assert [file.read_text(encoding="utf-8").count("Coo from the roof") for file in tmp_path.glob("*.txt")] == [1]
    assert "Coo from the roof" in client.get(page).text
