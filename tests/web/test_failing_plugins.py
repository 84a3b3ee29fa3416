# SPDX-License-Identifier: Apache-2.0
"""A plugin that fails takes nothing with it: the page lives, what was typed stays, and the log names whose fault it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from tests.core.plugin_host.conftest import place_for_strangers
from tests.factories.access import Departments
from xrm.entities.listing import ListQuery
from xrm.entities.queries import count_entities
from xrm.entities.service import create_entity
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork, system_actor

SYSTEM = system_actor()
HOOKS = """
@hookimpl
def panels(uow, entity):
    return [Panel("near", "Near", (ListBlock("organization", where='shiping == "x"'),))]

@hookimpl
def validate_entities(uow, changes):
    if any(change.after["last_name"] == "Hopper-Murray" for change in changes):
        raise RuntimeError("the moon is missing")
    return []
"""


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, str]]:
    """The base vocabulary and a plugin whose panel asks for a field that is not there, and that cannot check anything."""
    with place_for_strangers(tmp_path, monkeypatch) as strangers:
        strangers.add("ant", HOOKS)
        yield {"base": "xrm_base", **strangers.packages}


@pytest.fixture
def path(runtime: Runtime, departments: Departments) -> str:
    """The page of a person."""

    def make(uow: UnitOfWork) -> UUID:
        return create_entity(uow, "person", {"first_name": "Ada", "last_name": "Byron"}, department=departments.sales)

    return f"/base/person/{runtime.write(make, SYSTEM)}"


def test_a_panel_with_a_wrong_condition_is_named_in_the_log_with_its_sentence(
    client: FlaskClient, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    page = client.get(path)

    assert page.status_code == 200
    assert "Not available right now." in page.text
    assert "ant failed in near" in caplog.text
    assert "shiping" in caplog.text


def test_a_panel_that_keeps_failing_says_that_its_plugin_is_paused(client: FlaskClient, path: str, runtime: Runtime) -> None:
    for _ in range(3):
        client.get(path)

    page = client.get(path)

    assert runtime.host.watch.is_quarantined("ant")
    assert "The plugin ant failed several times and is paused until an administrator lets it take part again." in page.text
    assert "Reference" not in page.text


def test_a_panel_that_is_fetched_by_itself_says_that_its_plugin_is_paused(client: FlaskClient, path: str) -> None:
    for _ in range(3):
        client.get(path)

    answer = client.get(f"/panel/ant/near/{path.rpartition('/')[2]}")

    assert answer.status_code == 200
    assert "is paused" in answer.text


def test_a_form_is_shown_again_with_all_that_was_typed_when_a_plugin_cannot_check_it(
    client: FlaskClient, runtime: Runtime, departments: Departments
) -> None:
    typed = {"first_name": "Grace", "last_name": "Hopper-Murray", "_department": str(departments.sales), "_anyway": "1"}

    answer = client.post("/base/person/new", data=typed)

    assert answer.status_code == 422
    assert "The plugin ant failed in validate_entities." in answer.text
    assert runtime.host.watch.failures("ant")[0].reference in answer.text
    assert 'value="Hopper-Murray"' in answer.text
    assert runtime.read(lambda uow: count_entities(uow, ListQuery("person")), SYSTEM) == 0
