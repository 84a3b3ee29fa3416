# SPDX-License-Identifier: Apache-2.0
"""Two versions of a plugin in a folder of the instance: the second one adds, changes and takes away a bit of everything."""

from __future__ import annotations

import uuid
from typing import Any

from tests.factories.removable import fields, label, named, write_plugin
from xrm.entities.service import create_entity
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.unit_of_work import system_actor

MANIFEST: dict[str, Any] = {
    "plugin": "harbour", "version": "1.0", "label": {"en": "Harbour", "fr": "Port"},
    "summary": {"en": "Berths and ships.", "fr": "Quais et navires."}, "works_with": {"api": ">=1,<2"}, "requires": ["base"],
    "contributes": {"slots": ["record.panel"], "jobs": ["tides"]},
    "asks_for": {"reads": ["person"], "hosts": ["tides.example.org"]},
    "settings": {"gauge": {"type": "text", "label": {"en": "Gauge", "fr": "Marégraphe"}}},
}
BERTH: dict[str, Any] = {
    "entity": "berth", "kind": "record", "label": {
        "en": {"one": "berth", "many": "berths"}, "fr": {"one": "quai", "many": "quais", "gender": "m"},
    },
    "title": "{name}",
    "fields": {
        "name": {"type": "text", "required": True, "label": {"en": "Name", "fr": "Nom"}},
        "number": {"type": "text", "label": {"en": "Number", "fr": "Numéro"}},
        "site": {"type": "text", "label": {"en": "Site", "fr": "Site"}},
        "state": {"type": "choice", "label": {"en": "State", "fr": "État"},
                  "choices": {"free": {"en": "free", "fr": "libre"}, "used": {"en": "used", "fr": "occupé"}}},
    },
}
PILOT = {"entity": "pilot", "kind": "role", "of": ["person"], "label": named("pilot"),
         "fields": fields(licence={"type": "text"})}
KINDS = {"interactions": {"pilotage": {"label": label("pilotage"), "by_hand": True}}}


def install_first(settings: Settings) -> None:
    """Put version 1.0 into the instance."""
    write_plugin(settings.home, "harbour", {
        "plugin.yaml": MANIFEST, "entities/berth.yaml": BERTH, "entities/pilot.yaml": PILOT, "interactions.yaml": KINDS,
    })


def install_second(settings: Settings, **number: Any) -> None:
    """Put version 2.0 in its place; what is given is declared of the field ``number`` besides."""
    asks = {"reads": ["person", "organization"], "hosts": ["weather.example.org"], "secrets": ["key"]}
    manifest = {
        **MANIFEST, "version": "2.0", "contributes": {"slots": ["record.panel", "home.card"]}, "asks_for": asks,
        "settings": {**MANIFEST["settings"],
                     "key": {"type": "text", "required": True, "label": {"en": "Key of the forecast", "fr": "Clé du bulletin"}}},
    }
    old = BERTH["fields"]
    berth = {**BERTH, "fields": {
        "name": {**old["name"], "label": {"en": "Title", "fr": "Titre"}}, "number": {**old["number"], **number},
        "state": {**old["state"], "choices": {**old["state"]["choices"], "closed": {"en": "closed", "fr": "fermé"}}},
        "depth": {"type": "decimal", "scale": 2, "label": {"en": "Depth", "fr": "Profondeur"}},
    }}
    ship = {"entity": "ship", "kind": "record", "label": named("ship"), "title": "{name}",
            "fields": fields(name={"type": "text", "required": True})}
    (settings.home / "plugins" / "harbour" / "entities" / "pilot.yaml").unlink()
    write_plugin(settings.home, "harbour", {
        "plugin.yaml": manifest, "entities/berth.yaml": berth, "entities/ship.yaml": ship, "interactions.yaml": KINDS,
    })


def add_berth(runtime: Runtime, name: str, department: uuid.UUID) -> None:
    """A berth of the number 7, which several may have in version 1.0."""
    values = {"name": name, "number": "7"}
    runtime.write(lambda uow: create_entity(uow, "berth", values, department=department), system_actor("test"))
