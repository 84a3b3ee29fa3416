# SPDX-License-Identifier: Apache-2.0
"""Notes of who saw or exported whom, taken where pages and files are made and written down later by the access log."""

from __future__ import annotations

from uuid import UUID

from flask import Flask, current_app

from xrm.history.access_log import EVERY, AccessLog, Export
from xrm.runtime import Runtime
from xrm.schema.registry import EntityType
from xrm_web import sessions


def init_access_notes(app: Flask, runtime: Runtime) -> None:
    """Give the app its access log; in tests it is written when they say so."""
    app.extensions["xrm_access_log"] = AccessLog(runtime, every=0 if app.testing else EVERY)


def access_log() -> AccessLog:
    """The access log of this process."""
    found: AccessLog = current_app.extensions["xrm_access_log"]
    return found


def note_seen(entity_type: EntityType, entity_id: UUID) -> None:
    """Note that who asks saw a party; records are not people."""
    if entity_type.kind == "party":
        access_log().seen(sessions.actor(), entity_id, entity_type.name)


def begin_export(type_name: str, filter_text: str) -> Export:
    """Note that who asks takes a list out."""
    return access_log().begin_export(sessions.actor(), type_name, filter_text)
