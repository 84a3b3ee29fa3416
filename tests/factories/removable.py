# SPDX-License-Identifier: Apache-2.0
"""Two plugins in folders of an instance: one to remove, with data of every kind, and one whose records point at its records."""

from __future__ import annotations

import io
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

from tests.factories.access import Departments
from tests.instances import BASE
from xrm.assembling import build
from xrm.contact_points.service import add_contact_point
from xrm.db.engine import open_engine
from xrm.entities.service import create_entity, update_entity
from xrm.files.service import attach_files, save_file
from xrm.identifiers.service import set_identifier
from xrm.interactions.service import record_interaction
from xrm.migrate.asking import Choices
from xrm.migrate.remembered import Remembered
from xrm.migrate.upgrade import apply_changes
from xrm.plugin_host.host import PluginHost
from xrm.plugin_host.removed import load_removed
from xrm.relationships.service import relate, update_relationship
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.unit_of_work import Actor, UnitOfWork

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + bytes(40)
BERTHS = 5
NOBODY = uuid.UUID(int=0)


def label(name: str) -> dict[str, str]:
    """The same word in both languages."""
    return {"en": name, "fr": name}


def fields(**given: Mapping[str, Any]) -> dict[str, Any]:
    """Fields with a label each."""
    return {key: {"label": label(key), **one} for key, one in given.items()}


def named(name: str) -> dict[str, Any]:
    """The label of a type."""
    return {"en": {"one": name, "many": f"{name}s"}, "fr": {"one": name, "many": f"{name}s", "gender": "m"}}


BERTH_FIELDS: dict[str, Any] = fields(
    name={"type": "text", "required": True, "search": "strong", "index": True}, depth={"type": "decimal", "scale": 3},
    fee={"type": "money"}, opened={"type": "date"}, inspected={"type": "datetime"}, lit={"type": "yes_no"},
    equipment={"type": "tags", "search": "normal"}, place={"type": "address"}, site={"type": "json"},
    turnaround={"type": "duration"}, master={"type": "link", "to": ["person"], "if_gone": "refuse"},
    neighbours={"type": "links", "to": ["berth"], "if_gone": "clear"},
    photo={"type": "image"}, number={"type": "text", "unique": True},
)
BERTH = {"entity": "berth", "kind": "record", "label": named("berth"), "title": "{name}", "fields": BERTH_FIELDS}
PILOT = {
    "entity": "pilot", "kind": "role", "of": ["person"], "label": named("pilot"),
    "fields": fields(licence={"type": "text", "search": "strong", "unique": True}, waters={"type": "tags"}),
}
MOORS = {
    "moors_at": {
        "label": {"en": {"forward": "moors at", "reverse": "takes"}, "fr": {"forward": "mouille à", "reverse": "reçoit"}},
        "from": ["party"], "to": ["berth"], "fields": fields(draught={"type": "decimal", "scale": 2}, flags={"type": "tags"}),
    }
}
KINDS = {"interactions": {"pilotage": {"label": label("pilotage"), "by_hand": True}}}
CARGO = {
    "entity": "cargo", "kind": "record", "label": named("cargo"), "title": "{name}",
    "fields": fields(
        name={"type": "text", "required": True}, at={"type": "link", "to": ["record"], "if_gone": "refuse"},
        seen={"type": "links", "to": ["record"], "if_gone": "clear"},
    ),
}


def write_plugin(
    home: Path, name: str, files: Mapping[str, Any], *, requires: tuple[str, ...] = ("base",), version: str = "1.0"
) -> None:
    """Put a data-only plugin into the instance."""
    folder = home / "plugins" / name
    (folder / "entities").mkdir(parents=True, exist_ok=True)
    manifest = {
        "plugin": name, "version": version, "label": label(name), "summary": label(name), "works_with": {"api": ">=1,<2"},
        "requires": list(requires),
    }
    for file, content in {"plugin.yaml": manifest, **files}.items():
        (folder / file).write_text(yaml.safe_dump(content, sort_keys=False))


@dataclass
class Harbour:
    """The instance; ``berths``, ``pilot`` and the rest are ids of what ``fill`` makes."""

    settings: Settings
    admin: Actor
    departments: Departments
    runtimes: list[Runtime] = field(default_factory=list)
    berths: list[uuid.UUID] = field(default_factory=list)
    person: uuid.UUID = NOBODY
    cargo: uuid.UUID = NOBODY

    @property
    def runtime(self) -> Runtime:
        """The program as it was opened last."""
        return self.runtimes[-1]

    def install(self, **berth: Any) -> Runtime:
        """Put the plugins into the instance, the berth with these changes, and open the program."""
        files = {
            "entities/berth.yaml": {**BERTH, **berth}, "entities/pilot.yaml": PILOT,
            "relationships.yaml": {"relationships": MOORS}, "interactions.yaml": KINDS,
        }
        write_plugin(self.settings.home, "harbour", files)
        write_plugin(self.settings.home, "freight", {"entities/cargo.yaml": CARGO})
        return self.open()

    def open(self, *, is_remembering: bool = False) -> Runtime:
        """The program as a new process would be; ``is_remembering`` shows what was applied of plugins that are gone."""
        engine = open_engine(self.settings.database_url)
        host = PluginHost.open(self.settings.home, packages=BASE, removed=load_removed(engine),
                               remembered=Remembered(engine) if is_remembering else None)
        broken = [str(one.problem) for one in host.plugins if one.status in {"broken", "refused"}]
        assert not broken, broken
        self.runtimes.append(Runtime(self.settings, engine, host, build(host)))
        self.runtime.follow(at_once=True)
        return self.runtime

    def apply(self, **choices: Any) -> None:
        """Bring the tables to what is declared."""
        apply_changes(self.runtime.engine, self.runtime.registry, choices=Choices(**choices) if choices else None)

    def fill(self) -> None:
        """Data of every kind, with a retired and a dropped field."""
        former = fields(slip={"type": "text"}, lease={"type": "text"})
        self.install(fields={**BERTH_FIELDS, **former})
        self.apply()
        self.runtime.write(self._make, self.admin)
        self.install()
        self.apply()
        self.apply(pruned=["harbour__berth.lease"])

    def _make(self, uow: UnitOfWork) -> None:
        press, sales = self.departments.press, self.departments.sales
        self.person = create_entity(uow, "person", {"first_name": "Zoé", "last_name": "Le Goff"}, department=press)
        for number in range(BERTHS):
            self.berths.append(create_entity(uow, "berth", self._berth(uow, number), department=press))
        update_entity(uow, self.berths[0], {"neighbours": self.berths[1:3]})
        pilot = {"licence": "Iroise77", "waters": ["Iroise", "Rade"]}
        start_role(uow, self.person, "pilot", pilot, department=sales, since=date(2024, 2, 29))
        start_role(uow, self.person, "customer", {}, department=press)
        moored = relate(uow, "moors_at", self.person, self.berths[0], values={"draught": "3.25", "flags": ["FR", "GB"]})
        update_relationship(uow, moored, {"draught": "3.5"}, valid_from=date(2025, 1, 1))
        self.cargo = create_entity(
            uow, "cargo", {"name": "Salt", "at": self.berths[0], "seen": [self.berths[1], self.berths[0]]}, department=press
        )
        for kind, people in (("pilotage", [self.person]), ("call", [self.person, self.berths[0]])):
            record_interaction(uow, kind, department=press, participants=people, subject=f"A {kind}", at=uow.now)
        set_identifier(uow, "unlocode", "FRBES", self.berths[0])
        add_contact_point(uow, self.berths[0], "email", "quay@example.org", department=press)

    def _berth(self, uow: UnitOfWork, number: int) -> dict[str, Any]:
        photo = save_file(uow, "quay.png", io.BytesIO(PNG + bytes([number])), department=self.departments.press)
        attach_files(uow, [photo], self.person, department=self.departments.press)
        return {
            "name": f"Quai n° {number} “Été”", "depth": "12.125", "fee": {"amount": "19.90", "currency": "EUR"},
            "opened": date(1923, 5, 4), "inspected": datetime(2025, 3, 30, 1, 30, 0, 123456, tzinfo=UTC), "lit": number % 2 == 0,
            "equipment": ["crane", f"E{number}"], "place": {"street": "1 quai", "city": "Brest", "country": "FR"},
            "site": {"a": [1, None, "é"]}, "turnaround": "PT90M", "master": self.person, "photo": photo,
            "number": f"B{number}", "slip": f"slip {number}", "lease": f"lease {number}",
        }

    def content(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of all tables, but what is derived, and what schema change and removal note of themselves."""
        apart = {"search_document", "schema_version", "plugin_removal", "schema_plan", "schema_ledger", "outbox"}
        with self.runtime.engine.connect() as connection:
            names = sorted(set(self.runtime.engine.dialect.get_table_names(connection)) - apart)
            return {
                name: sorted(
                    tuple(sorted((key, str(value)) for key, value in row.items() if key != "applied_at"))
                    for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"').mappings()  # noqa: S608
                )
                for name in names if not name.startswith("search_index")
            }

    def close(self) -> None:
        """Give all connections back."""
        for runtime in self.runtimes:
            runtime.close()
