# SPDX-License-Identifier: Apache-2.0
"""The pages of an upgrade and a removal: told in both languages, with the command that does it; a department sees its plugins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from flask.testing import FlaskClient

from tests.factories.access import Departments, add_user
from tests.factories.removable import Harbour
from tests.factories.upgraded import add_berth, install_first, install_second
from tests.web.conftest import SignIn
from xrm.departments.switching import switch_plugin
from xrm.plugin_preview.service import note_applied
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.unit_of_work import Actor, system_actor

SYSTEM = system_actor("test")
PATH = "/admin/plugins/harbour"


@pytest.fixture
def runtime(settings: Settings, admin: Actor, departments: Departments) -> Iterator[Runtime]:
    """Version 1.0 of a plugin runs; of its records two have the same number."""
    install_first(settings)
    made = Harbour(settings, admin, departments)
    runtime = made.open()
    made.apply()
    runtime.write(note_applied, SYSTEM)
    for name in ("One", "Two"):
        add_berth(runtime, name, departments.press)
    yield runtime
    made.close()


def french(client: FlaskClient, path: str) -> str:
    return client.get(path, headers={"Accept-Language": "fr"}).text


def test_an_upgrade_is_told_with_the_command_that_does_it(client: FlaskClient, settings: Settings) -> None:
    before = client.get(PATH).text
    install_second(settings)

    plugin, page, other = client.get(PATH).text, client.get(f"{PATH}/upgrade").text, french(client, f"{PATH}/upgrade")

    assert "Upgrade available" not in before
    assert "2.0 is installed; 1.0 was applied." in plugin
    assert f'href="{PATH}/upgrade"' in plugin
    assert "Berths: new field Depth." in page
    assert "It calls another machine: weather.example.org." in page
    assert "xrm schema apply --plugin harbour</code>" in page
    assert "Quais\u00a0: nouveau champ Profondeur." in other
    assert "Here 1.0" not in other


def test_what_stands_in_the_way_is_said_in_french(client: FlaskClient, settings: Settings) -> None:
    install_second(settings, unique=True)

    page = french(client, f"{PATH}/upgrade")

    assert "harbour__berth.number doit être unique" in page
    assert "1 valeur est" in page
    assert "is to be unique" not in page


def test_what_the_last_upgrade_changed_stays_on_the_page(
    client: FlaskClient, settings: Settings, admin: Actor, departments: Departments
) -> None:
    install_second(settings)
    after = Harbour(settings, admin, departments)
    after.open()
    after.apply()
    after.runtime.write(note_applied, SYSTEM)
    after.close()

    page = client.get(PATH).text

    assert "Upgrade available" not in page
    assert "What the last upgrade changed, from 1.0 to 2.0" in page
    assert "Berths: new field Depth." in page
    assert "until xrm is started again" in page


def test_a_removal_is_told_and_not_done(client: FlaskClient, runtime: Runtime) -> None:
    page, other = client.get(f"{PATH}/removal").text, french(client, f"{PATH}/removal")

    assert "Berths: 2" in page
    assert "Press, berths: 2" in page
    assert "xrm plugin remove harbour</code>" in page
    assert "Quais\u00a0: 2" in other
    assert client.post(f"{PATH}/removal").status_code == 405
    assert runtime.host.get("harbour").is_on
    base = client.get("/admin/plugins/base/removal").text
    assert "is part of every instance" in base
    assert "</code>" not in base


def test_a_department_shows_its_plugins_with_the_ways_to_change_them(
    client: FlaskClient, runtime: Runtime, sign_in: SignIn, departments: Departments
) -> None:
    runtime.write(lambda uow: switch_plugin(uow, "harbour", [departments.press], is_on=False), SYSTEM)
    rights: Mapping[object, list[str]] = {departments.sales: ["*:administer"]}
    local = sign_in(runtime.write(lambda uow: add_user(uow, "l@example.org", rights), SYSTEM))  # type: ignore[arg-type]

    there = client.get(f"/admin/departments/{departments.press}").text
    here = local.get(f"/admin/departments/{departments.sales}").text

    assert f'href="{PATH}/change/{departments.press}"><span>Switch on …' in there
    assert f'href="{PATH}/settings?department={departments.press}"' in there
    assert f'href="{PATH}/change/{departments.sales}"><span>Switch off …' in here
    assert local.get(f"{PATH}/upgrade").status_code == 403
    assert local.get(f"{PATH}/removal").status_code == 403
    assert "Remove …" not in local.get(PATH).text
