# SPDX-License-Identifier: Apache-2.0
"""A plugin in a folder whose one record type changes from version to version, on an instance of its own."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
import textwrap
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from tests.instances import BASE
from xrm.assembling import build
from xrm.db.engine import open_engine
from xrm.entities.service import create_entity
from xrm.migrate.asking import Choices
from xrm.migrate.steps import Plan, Step
from xrm.migrate.upgrade import apply_changes, plan_for
from xrm.plugin_host.host import PluginHost
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.unit_of_work import Actor

MANIFEST = {
    "plugin": "fleet", "version": "1.0", "label": {"en": "Fleet", "fr": "Flotte"},
    "summary": {"en": "Vessels.", "fr": "Navires."}, "works_with": {"api": ">=1,<2"}, "requires": ["base"],
}
LABEL = {"en": {"one": "vessel", "many": "vessels"}, "fr": {"one": "navire", "many": "navires", "gender": "m"}}


@dataclass
class Evolving:
    """The instance; ``declare`` gives the vessel other fields, as a new version of the plugin would."""

    settings: Settings
    admin: Actor
    department: uuid.UUID
    runtimes: list[Runtime] = field(default_factory=list)
    package: str = ""  # with data steps the plugin must be a package

    def bring_steps(self, **sources: str) -> None:
        """From now on the plugin is a package with these data steps, name → text of the file."""
        library = self.settings.home / "library"
        self.package = self.package or f"xrm_fleet_{uuid.uuid4().hex[:8]}"
        folder = library / self.package / "steps"
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.py"):
            old.unlink()
        for name, source in sources.items():
            (folder / f"{name}.py").write_text(textwrap.dedent(source))
        if str(library) not in sys.path:
            sys.path.insert(0, str(library))
        importlib.invalidate_caches()

    def declare(self, fields: Mapping[str, Mapping[str, Any]], **more: Any) -> Runtime:
        """The program with this version of the type; nothing is applied yet."""
        local = self.settings.home / "plugins" / "fleet"
        folder = self.settings.home / "library" / self.package if self.package else local
        if self.package and local.exists():
            shutil.rmtree(local)
        (folder / "entities").mkdir(parents=True, exist_ok=True)
        (folder / "plugin.yaml").write_text(as_yaml(MANIFEST))
        named = {key: {"label": {"en": key, "fr": key}, **given} for key, given in fields.items()}
        declared = {"entity": "vessel", "kind": "record", "label": LABEL, "title": "{name}", "fields": named, **more}
        (folder / "entities" / "vessel.yaml").write_text(as_yaml(declared))
        packages = {**BASE, "fleet": self.package} if self.package else BASE
        host = PluginHost.open(self.settings.home, packages=packages)
        problems = [str(plugin.problem) for plugin in host.plugins if not plugin.is_on]
        assert not problems, problems
        self.runtimes.append(Runtime(self.settings, open_engine(self.settings.database_url), host, build(host)))
        return self.runtimes[-1]

    def applied(self, fields: Mapping[str, Mapping[str, Any]], **more: Any) -> Runtime:
        """The program with this version of the type, applied."""
        runtime = self.declare(fields, **more)
        apply_changes(runtime.engine, runtime.registry)
        return runtime

    def plan(self, runtime: Runtime, **more: Any) -> Plan:
        """What waits."""
        return plan_for(runtime.engine, runtime.registry, Choices(**more))

    def create(self, runtime: Runtime, values: Mapping[str, Any]) -> uuid.UUID:
        """A new vessel."""
        return runtime.write(lambda uow: create_entity(uow, "vessel", values, department=self.department), self.admin)

    def rows(self, runtime: Runtime, table: str = "fleet__vessel", order: str = "name") -> list[dict[str, Any]]:
        """The rows as they stand in the database."""
        with runtime.engine.connect() as connection:
            found = connection.exec_driver_sql(f'SELECT * FROM "{table}" ORDER BY {order}').mappings()  # noqa: S608
            return [dict(row) for row in found]

    def close(self) -> None:
        """Give all connections back."""
        for runtime in self.runtimes:
            runtime.close()
        library = str(self.settings.home / "library")
        if library in sys.path:
            sys.path.remove(library)


def as_yaml(value: object) -> str:
    """The value as a declaration file, where one part never refers to another."""
    return yaml.safe_dump(json.loads(json.dumps(value)), sort_keys=False)


def labels(steps: list[Step] | tuple[Step, ...]) -> list[str]:
    """Steps as short texts."""
    return [f"{step.action} {step.target}" for step in steps]

