# SPDX-License-Identifier: Apache-2.0
"""The pages of an instance whose plugin is gone: its data stands there, and nothing offers to change it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from tests.factories.apiary import Apiary
from tests.instances import Prepared
from xrm.access.sessions import start_session
from xrm.settings import Settings
from xrm.unit_of_work import system_actor
from xrm_web.app import create_app


@pytest.fixture
def apiary(prepared: Prepared, settings: Settings) -> Iterator[Apiary]:
    """An instance with data of a plugin."""
    made = Apiary(settings, prepared.admin, prepared.departments.sales)
    made.install()
    made.fill()
    yield made
    made.close()


@pytest.fixture
def client(apiary: Apiary) -> FlaskClient:
    """The browser of the administrator, after the plugin was deleted."""
    runtime = apiary.take_away()
    user_id = apiary.admin.user_id
    assert user_id is not None
    token = runtime.write(lambda uow: start_session(uow, user_id, "127.0.0.1", "test"), system_actor())
    app = create_app(runtime, testing=True)
    app.config["WTF_CSRF_ENABLED"] = False
    browser = app.test_client()
    browser.set_cookie("xrm_session", token)
    return browser


def test_pages_lists_search_and_export_show_its_data(apiary: Apiary, client: FlaskClient) -> None:
    paths = {
        f"/base/person/{apiary.person}": "L-77", f"/apiary/hive/{apiary.hive}": "31.25", "/apiary/hive": "Under the lime",
        "/apiary/beekeeper": "Abeille", "/apiary/hive.csv": "Under the lime", "/search?q=lime": "Under the", "/": "",
    }

    found = {path: client.get(path) for path in paths}

    assert {path: answer.status_code for path, answer in found.items()} == dict.fromkeys(paths, 200)
    missing = [path for path, words in paths.items() if words not in found[path].get_data(as_text=True)]
    assert missing == []


def test_nothing_of_it_is_offered_for_change_and_a_sent_change_is_refused(apiary: Apiary, client: FlaskClient) -> None:
    page = client.get(f"/apiary/hive/{apiary.hive}").get_data(as_text=True)
    forms = [client.get("/apiary/hive/new"), client.get(f"/apiary/hive/{apiary.hive}/edit")]
    sent = client.post(f"/apiary/hive/{apiary.hive}/edit", data={"name": "Other"})

    assert f"/apiary/hive/{apiary.hive}/edit" not in page
    assert [form.status_code for form in forms] == [403, 403]
    assert sent.status_code == 403
    assert "belongs to the plugin apiary" in sent.get_data(as_text=True)
