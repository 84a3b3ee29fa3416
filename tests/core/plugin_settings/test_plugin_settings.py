# SPDX-License-Identifier: Apache-2.0
"""Settings of plugins: the nearest holds, secrets are sealed and never told, values are of their type."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.core.plugin_host.conftest import Strangers, place_for_strangers
from tests.factories.graph import Graph
from xrm.audit.models import audit_value
from xrm.errors import ConfigurationError, InvalidInput, PermissionDenied
from xrm.plugin_settings.models import plugin_setting
from xrm.plugin_settings.queries import list_settings, settings_for
from xrm.plugin_settings.service import save_settings
from xrm.unit_of_work import Actor

MANIFEST = """
plugin: post
version: 1.2.3
label: {en: Post, fr: Poste}
summary: {en: Sends letters., fr: Envoie des lettres.}
works_with: {api: ">=1,<2"}
requires: [base]
asks_for: {secrets: [password]}
settings:
  host: {type: text, label: {en: Host, fr: Serveur}}
  port: {type: integer, min: 1, max: 65535, label: {en: Port, fr: Port}}
  password: {type: text, label: {en: Password, fr: Mot de passe}}
"""
KEY = "k3y-of-these-tests-that-nobody-else-has-0123456789"


@pytest.fixture
def strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Strangers]:
    with place_for_strangers(tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture
def plugins(strangers: Strangers) -> Mapping[str, str]:
    strangers.add("post", files={"plugin.yaml": MANIFEST})
    return {"base": "xrm_base", **strangers.packages}


@pytest.fixture(autouse=True)
def _with_key(graph: Graph) -> None:
    """A secret key, and what the operator wrote into xrm.toml."""
    settings = graph.runtime.settings
    graph.runtime.settings = replace(settings, secret_key=KEY, plugins={"post": {"host": "from-file", "port": "25"}})


def save(graph: Graph, values: Mapping[str, str], department: uuid.UUID | None = None, actor: Actor | None = None) -> list[str]:
    return graph.write(lambda uow: save_settings(uow, "post", values, department=department), actor)


def effective(graph: Graph, department: uuid.UUID | None = None) -> dict[str, str]:
    return graph.read(lambda uow: settings_for(uow, "post", department))


def test_the_nearest_value_holds(graph: Graph) -> None:
    sales, north, press = graph.departments.sales, graph.departments.sales_north, graph.departments.press
    save(graph, {"host": "everywhere"})
    save(graph, {"host": "of-sales"}, sales)
    save(graph, {"port": "587"}, north)

    assert effective(graph) == {"host": "everywhere", "port": "25"}
    assert effective(graph, sales) == {"host": "of-sales", "port": "25"}
    assert effective(graph, north) == {"host": "of-sales", "port": "587"}
    assert effective(graph, press) == {"host": "everywhere", "port": "25"}
    told = graph.read(lambda uow: list_settings(uow, "post", north))
    sources = {key: (one.source, one.is_own) for key, one in told.items()}
    assert sources == {"host": ("Sales", False), "port": ("Sales North", True)}

    save(graph, {"host": ""}, sales)

    assert effective(graph, sales)["host"] == "everywhere"


def test_a14_a_secret_is_sealed_kept_and_never_told(graph: Graph) -> None:
    sales = graph.departments.sales
    save(graph, {"password": "s3cret-word"}, sales)
    save(graph, {"host": "other", "password": ""}, sales)

    stored = graph.read(lambda uow: repr([uow.execute(select(one)).all() for one in (plugin_setting, audit_value)]))
    told = graph.read(lambda uow: repr(list_settings(uow, "post", sales)))
    assert "s3cret-word" not in stored + told
    assert effective(graph, sales)["password"] == "s3cret-word"

    graph.write(lambda uow: save_settings(uow, "post", {}, department=sales, removed=["password"]))

    assert "password" not in effective(graph, sales)


def test_a_sealed_value_opens_nowhere_else(graph: Graph) -> None:
    save(graph, {"password": "s3cret-word"}, graph.departments.sales)

    graph.write(lambda uow: uow.execute(update(plugin_setting).values(department_id=graph.departments.press)))

    with pytest.raises(ConfigurationError):
        effective(graph, graph.departments.press)


@pytest.mark.parametrize(("values", "path"), [({"port": "many"}, "port"), ({"port": "70000"}, "port"), ({"prot": "1"}, "prot")])
def test_what_its_type_does_not_take_is_refused_and_nothing_is_kept(graph: Graph, values: dict[str, str], path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        save(graph, {"host": "kept?", **values})

    assert [one.path for one in caught.value.problems] == [path]
    assert effective(graph)["host"] == "from-file"


def test_a20_who_administers_a_department_sets_there_alone(graph: Graph) -> None:
    local = graph.user({graph.departments.sales: ["*:administer"]})

    assert save(graph, {"host": "mine"}, graph.departments.sales, local) == ["host"]
    for where in (graph.departments.press, None):
        with pytest.raises(PermissionDenied):
            save(graph, {"host": "theirs"}, where, local)
