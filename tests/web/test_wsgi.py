# SPDX-License-Identifier: Apache-2.0
"""What a web server starts: the application of the instance that the environment names."""

from __future__ import annotations

import gc

import pytest

from xrm.runtime import Runtime
from xrm_web.wsgi import make_application


def test_the_collector_works_again_once_the_application_is_there(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XRM_HOME", str(runtime.settings.home))
    monkeypatch.setenv("XRM_DATABASE_URL", runtime.settings.database_url)
    monkeypatch.setenv("XRM_SECRET_KEY", runtime.settings.secret_key)

    application = make_application()

    opened: Runtime = application.extensions["xrm"]
    status = application.test_client().get("/in").status_code
    opened.close()
    gc.unfreeze()
    assert gc.isenabled()
    assert status == 200
