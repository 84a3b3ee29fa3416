# SPDX-License-Identifier: Apache-2.0
"""A whole instance that a test is about to break, and what it is broken with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.factories.access import Departments
from tests.instances import BASE
from xrm.db.engine import for_writing
from xrm.plugin_host.host import PluginHost
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork, system_actor

LONG_AGO = datetime.now(UTC) - timedelta(days=4 * 365)
MANIFEST = """\
plugin: {name}
version: 0.1.0
label: {{en: {name}, fr: {name}}}
summary: {{en: A trial., fr: Un essai.}}
works_with: {{api: ">=1,<2"}}
requires: [base]
settings:
  loft: {{type: text, required: true, label: {{en: Folder, fr: Dossier}}}}
"""


@dataclass
class Scene:
    """A whole instance, about to be broken; ``runtime`` may be replaced by one with other parts."""

    runtime: Runtime
    departments: Departments
    admin: UUID
    patch: pytest.MonkeyPatch
    folder: Path  # of the test, outside of the instance

    @property
    def home(self) -> Path:
        """The folder of the instance."""
        return self.runtime.settings.home

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is SQLite."""
        return self.runtime.engine.dialect.name == "sqlite"

    def write(self, function: Callable[[UnitOfWork], Any]) -> Any:
        """Do something as the system."""
        return self.runtime.write(function, system_actor())

    def run(self, *statements: Any) -> None:
        """Run statements past the program."""
        with for_writing(self.runtime.engine.connect()) as connection, connection.begin():
            for statement in statements:
                connection.execute(text(statement) if isinstance(statement, str) else statement)

    def set(self, **settings: Any) -> None:
        """Give the instance other settings."""
        self.runtime = replace(self.runtime, settings=replace(self.runtime.settings, **settings))

    def with_host(self, host: PluginHost) -> None:
        """Give the instance other plugins, whose types it does not know."""
        self.runtime = replace(self.runtime, host=host)

    def add_plugin(self, name: str, manifest: str, **files: str) -> None:
        """Put a plugin into the instance."""
        for path, content in {"plugin.yaml": manifest, **files}.items():
            target = self.home / "plugins" / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, encoding="utf-8")
        self.with_host(PluginHost.open(self.home, packages=BASE))


# Check of the registry, name of the finding, state, what breaks it, and the only database on which it can come about (or "").
Break = tuple[str, str, str, Callable[[Scene], None], str]
