# SPDX-License-Identifier: Apache-2.0
"""An instance with a plugin in a folder whose records hang on parties, and parties on them: filled once, then copied."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import xrm.plugin_removal.removing
from tests.factories.removable import Harbour
from tests.instances import Prepared, PreparedDatabases
from xrm.settings import Settings


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other process writes in these tests."""
    monkeypatch.setattr(xrm.plugin_removal.removing, "LOOK_EVERY", 0)


class Filled:
    """Instances with data of every kind, made once for each kind of database."""

    def __init__(self, folder: Path, databases: PreparedDatabases) -> None:
        self._folder = folder
        self._databases = databases
        self._made: dict[str, Harbour] = {}

    def copy(self, prepared: Prepared, home: Path) -> Harbour:
        """A copy of the instance in this folder."""
        template = self._made.get(prepared.url) or self._make(prepared)
        shutil.copytree(template.settings.home, home)
        url = f"sqlite:///{home / 'xrm.db'}"
        if not prepared.url.startswith("sqlite"):
            url = self._databases.postgres.create(template=template.settings.database_url.rpartition("/")[2])
        settings = replace(template.settings, home=home, database_url=url)
        return replace(template, settings=settings, runtimes=[])

    def _make(self, prepared: Prepared) -> Harbour:
        home = self._folder / str(len(self._made))
        home.mkdir()
        url = self._databases.copy(prepared, home)
        settings = Settings(home=home, database_url=url, secret_key="a key for tests, long enough to be taken")
        made = self._made[prepared.url] = Harbour(settings, prepared.admin, prepared.departments)
        made.fill()
        made.close()
        return made


@pytest.fixture(scope="session")
def filled(prepared_databases: PreparedDatabases, tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """The instances that tests get copies of."""
    return Filled(tmp_path_factory.mktemp("filled"), prepared_databases)


@pytest.fixture
def harbour(prepared: Prepared, filled: Filled, prepared_databases: PreparedDatabases, tmp_path: Path) -> Iterator[Harbour]:
    """An instance with the base vocabulary and the plugin harbour, applied and filled."""
    made = filled.copy(prepared, tmp_path / "instance")
    made.open()
    yield made
    made.close()
    prepared_databases.drop(made.settings.database_url)
