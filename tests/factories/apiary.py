# SPDX-License-Identifier: Apache-2.0
"""A plugin in a folder with one type of each kind, with data, on an instance of its own; it can be taken away and put back."""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.instances import BASE
from xrm.assembling import assemble
from xrm.db.engine import open_engine
from xrm.entities.service import create_entity
from xrm.interactions.service import record_interaction
from xrm.migrate.remembered import Remembered
from xrm.migrate.upgrade import apply_changes
from xrm.overlay.files import to_yaml
from xrm.overlay.queries import load_overlay
from xrm.plugin_host.host import PluginHost
from xrm.relationships.service import relate
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.unit_of_work import Actor, UnitOfWork

LABEL = {"en": {"one": "one", "many": "many"}, "fr": {"one": "un", "many": "plusieurs", "gender": "m"}}
BOTH = {"en": "Words", "fr": "Mots"}
MANIFEST = {
    "plugin": "apiary", "version": "1.2", "label": BOTH, "summary": BOTH, "works_with": {"api": ">=1,<2"}, "requires": ["base"],
}
BEEKEEPER = {
    "entity": "beekeeper", "kind": "role", "of": ["person", "organization"], "label": LABEL, "icon": "users",
    "fields": {
        "licence": {"type": "text", "search": "strong", "label": BOTH, "index": True},
        "since_age": {"type": "integer", "label": BOTH},
        "twice": {"type": "computed", "formula": "since_age * 2", "label": BOTH},
    },
}
HIVE = {
    "entity": "hive", "kind": "record", "label": LABEL, "title": "{name}",
    "fields": {
        "name": {"type": "text", "required": True, "search": "strong", "label": BOTH},
        "weight": {"type": "decimal", "scale": 2, "min": 0, "label": BOTH},
        "marks": {"type": "tags", "label": BOTH},
        "keeper": {"type": "link", "to": ["party"], "if_gone": "refuse", "label": BOTH},
        "state": {"type": "choice", "choices": {"calm": {**BOTH, "tone": "good"}, "wild": BOTH}, "default": "calm",
                  "label": BOTH},
    },
    "views": {"calm": {"label": BOTH, "columns": ["title", "state"], "where": 'state == "calm"', "sort": ["title"]}},
}
KEEPS_FOR = {
    "label": {"en": {"forward": "keeps for", "reverse": "has kept by"}, "fr": {"forward": "garde", "reverse": "gardé par"}},
    "from": ["person"], "to": ["organization"], "cardinality": "many_to_many",
    "fields": {"hives": {"type": "integer", "label": BOTH}},
}
FILES: dict[str, dict[str, Any]] = {
    "plugin.yaml": MANIFEST, "entities/beekeeper.yaml": BEEKEEPER, "entities/hive.yaml": HIVE,
    "relationships.yaml": {"relationships": {"keeps_for": KEEPS_FOR}},
    "interactions.yaml": {"interactions": {"inspection": {"label": BOTH, "icon": "eye"}}},
}


@dataclass
class Apiary:
    """The instance; the ids are of a beekeeper, of her role, of her hive."""

    settings: Settings
    admin: Actor
    department: uuid.UUID
    runtimes: list[Runtime] = field(default_factory=list)
    person: uuid.UUID = field(init=False)
    role: uuid.UUID = field(init=False)
    hive: uuid.UUID = field(init=False)

    @property
    def folder(self) -> Path:
        """Where the plugin lies."""
        return self.settings.home / "plugins" / "apiary"

    def open(self) -> Runtime:
        """The program as a new process would be."""
        engine = open_engine(self.settings.database_url)
        host = PluginHost.open(self.settings.home, packages=BASE, remembered=Remembered(engine))
        overlay = load_overlay(engine)
        registry, misfits = assemble(host, overlay)
        self.runtimes.append(Runtime(self.settings, engine, host, registry, overlay.number, misfits))
        return self.runtimes[-1]

    def install(self, files: dict[str, dict[str, Any]] = FILES, name: str = "apiary") -> None:
        """Put the files of a plugin there."""
        for path, content in files.items():
            target = self.folder.parent / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(to_yaml(content), encoding="utf-8")

    def take_away(self) -> Runtime:
        """The program after the plugin's files were deleted."""
        shutil.rmtree(self.folder)
        return self.open()

    def fill(self) -> None:
        """Apply the plugin and make a beekeeper who keeps a hive for a company, and an inspection of it."""
        runtime = self.open()
        problems = [str(plugin.problem) for plugin in runtime.host.plugins if not plugin.is_on]
        assert not problems, problems
        apply_changes(runtime.engine, runtime.registry)
        self.person, self.role, self.hive = runtime.write(self._first_rows, self.admin)

    def _first_rows(self, uow: UnitOfWork) -> tuple[uuid.UUID, uuid.UUID, uuid.UUID]:
        there = self.department
        person = create_entity(uow, "person", {"first_name": "Marie", "last_name": "Abeille"}, department=there)
        company = create_entity(uow, "organization", {"name": "Miel SA"}, department=there)
        role = start_role(uow, person, "beekeeper", {"licence": "L-77", "since_age": 21}, department=there)
        values = {"name": "Under the lime", "weight": "31.25", "marks": ["old", "blue"], "keeper": str(person)}
        hive = create_entity(uow, "hive", values, department=there)
        relate(uow, "keeps_for", person, company, values={"hives": 3})
        record_interaction(uow, "inspection", department=there, participants=[person], subject="All well")
        return person, role, hive

    def close(self) -> None:
        """Give all connections back."""
        for runtime in self.runtimes:
            runtime.close()
