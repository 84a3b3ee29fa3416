# SPDX-License-Identifier: Apache-2.0
"""Ways to break what an instance holds, and the table of all: one for each check at least, each left for real."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import create_engine, insert, text, update

from tests.core.health.breaking_surroundings import BREAKS as OF_SURROUNDINGS
from tests.core.health.scene import LONG_AGO, Break, Scene
from tests.factories.access import add_user
from xrm.access.models import session, user
from xrm.access.service import create_user
from xrm.audit.models import audit_entry, sequence_head
from xrm.db.engine import for_writing, open_engine
from xrm.db.ids import new_id
from xrm.entities.service import create_entity
from xrm.files.models import file
from xrm.files.places import path_of
from xrm.jobs.models import job, outbox
from xrm.jobs.service import enqueue
from xrm.migrate.models import schema_owner
from xrm.migrate.stale import note_stale
from xrm.plugin_settings.models import plugin_setting
from xrm.sealing import seal
from xrm.settings import Settings
from xrm.tokens.models import token


def _integrity(scene: Scene) -> None:
    scene.run("DROP INDEX ix_relationship_past_relationship_id")


def _versions(scene: Scene) -> None:
    scene.run(update(schema_owner).where(schema_owner.c.owner == "core").values(version="99.0"))


def _drift(scene: Scene) -> None:
    scene.run("ALTER TABLE department ADD COLUMN by_hand TEXT")


def _titles(scene: Scene) -> None:
    with for_writing(scene.runtime.engine.connect()) as connection, connection.begin():
        note_stale(connection, ["person"])


def _links(scene: Scene) -> None:
    with scene.runtime.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys=OFF")
        driver.execute("INSERT INTO membership (user_id, department_id) VALUES (x'00', x'00')")
        driver.execute("PRAGMA foreign_keys=ON")


def _database_version(scene: Scene) -> None:
    scene.patch.setattr("xrm.health.databases.OLDEST", {"sqlite": (99,), "postgresql": (99,)})


def _database_settings(scene: Scene) -> None:
    url = scene.runtime.settings.database_url
    scene.runtime.engine.dispose()
    engine = create_engine(url) if scene.is_sqlite else open_engine(f"{url}?options=-csynchronous_commit%3Doff")
    scene.runtime = replace(scene.runtime, engine=engine)


def _clock(scene: Scene) -> None:
    _note(scene)
    scene.run(update(audit_entry).values(at=datetime.now(UTC) + timedelta(days=1)))


def _log_size(scene: Scene) -> None:
    scene.patch.setattr("xrm.health.databases.LARGE_LOG", 5_000_000)
    scene.run(insert(outbox).values(id=new_id(), at=datetime.now(UTC), event="long", payload="x" * 8_000_000))


def _search(scene: Scene) -> None:
    _organization(scene)
    scene.run("DELETE FROM search_document")
    if scene.is_sqlite:
        scene.run("INSERT INTO search_index(search_index) VALUES('rebuild')")


def _full_text(scene: Scene) -> None:
    _organization(scene)
    scene.run("INSERT INTO search_index(search_index) VALUES('delete-all')")


def _obsolete(scene: Scene) -> None:
    _organization(scene)
    scene.run(text("UPDATE entity SET deleted_at = created_at") if scene.is_sqlite else "UPDATE entity SET deleted_at = now()")


def _files(scene: Scene) -> None:
    scene.run(insert(file).values(id=new_id(), name="a.pdf", media_type="application/pdf", size=1, sha256=b"x" * 32,
                                  created_at=LONG_AGO))


def _orphans(scene: Scene) -> None:
    place = path_of(scene.home, new_id())
    place.parent.mkdir(parents=True)
    place.write_text("x", encoding="utf-8")
    os.utime(place, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))


def _audit_numbers(scene: Scene) -> None:
    _note(scene)
    scene.run(update(audit_entry).where(audit_entry.c.number.is_(None)).values(at=LONG_AGO))


def _audit(scene: Scene) -> None:
    scene.run("DELETE FROM sequence_head", insert(sequence_head).values(name="audit", number=0, problems=2))


def _outbox(scene: Scene) -> None:
    scene.run(insert(outbox).values(id=new_id(), at=LONG_AGO, event="entity.created", payload="{}"))


def _worker(scene: Scene) -> None:
    scene.write(lambda uow: enqueue(uow, "test", {}, department=None, due_at=LONG_AGO))


def _stuck(scene: Scene) -> None:
    one = scene.write(lambda uow: enqueue(uow, "test", {}, department=None))
    scene.run(update(job).where(job.c.id == one).values(state="running", leased_until=LONG_AGO, leased_by="gone:1:1:x"))


def _failed(kind: str) -> Callable[[Scene], None]:
    def fail(scene: Scene) -> None:
        one = scene.write(lambda uow: enqueue(uow, kind, {}, department=None))
        scene.run(update(job).where(job.c.id == one).values(state="failed", ended_at=datetime.now(UTC)))

    return fail


def _administrator(scene: Scene) -> None:
    scene.run(update(user).values(is_active=False))


def _one_administrator(scene: Scene) -> None:
    for number in range(4):
        scene.write(lambda uow: add_user(uow, f"u{number}@example.org", {scene.departments.sales: ["*:read"]}))


def _second_factor(scene: Scene) -> None:
    scene.set(base_url="https://crm.example.org")
    scene.run(update(user).values(password_hash="x"))


def _users(scene: Scene) -> None:
    scene.write(lambda uow: add_user(uow, "nobody@example.org", {}))


def _disabled(scene: Scene) -> None:
    left = scene.write(lambda uow: add_user(uow, "left@example.org", {scene.departments.sales: ["*:read"]}))
    scene.run(update(user).where(user.c.id == left.user_id).values(is_active=False))


def _departments(scene: Scene) -> None:
    _organization(scene)


def _tokens(scene: Scene) -> None:
    now = datetime.now(UTC)
    scene.run(insert(token).values(
        id=new_id(), user_id=scene.admin, name="sync", prefix="xrm_x", token_hash=b"x" * 32, scopes="*:*", created_at=now,
        expires_at=now + timedelta(days=3), last_used_at=now,
    ))


def _sessions(scene: Scene) -> None:
    scene.patch.setattr("xrm.health.ended.MANY", 1)
    scene.run(insert(session).values(token_hash=b"x" * 32, user_id=scene.admin, created_at=LONG_AGO, seen_at=LONG_AGO,
                                     expires_at=LONG_AGO))


def _sealed(scene: Scene) -> None:
    other = Settings(home=scene.home, secret_key="another key for tests, long enough to be taken")
    value = seal(other, "x", b"sesame").hex()
    scene.run(insert(plugin_setting).values(
        id=new_id(), plugin="base", key="key", value=value, is_sealed=True, changed_at=LONG_AGO,
    ))


def _note(scene: Scene) -> None:
    """Write something that is noted in the audit log."""
    scene.write(lambda uow: create_user(uow, f"note{time.monotonic_ns()}@example.org", name="Note"))
    scene.run("DELETE FROM \"user\" WHERE email LIKE 'note%'")


def _organization(scene: Scene) -> UUID:
    one: UUID = scene.write(lambda uow: create_entity(uow, "organization", {"name": "Acme"}, department=scene.departments.sales))
    return one


BREAKS: tuple[Break, ...] = (
    *OF_SURROUNDINGS,
    ("integrity", "integrity", "bad", _integrity, ""),
    ("versions", "versions", "bad", _versions, ""),
    ("drift", "tables", "warn", _drift, ""),
    ("titles", "titles", "warn", _titles, ""),
    ("links", "links", "bad", _links, "sqlite"),
    ("database version", "database version", "warn", _database_version, ""),
    ("database settings", "database settings", "", _database_settings, ""),
    ("clock", "clock", "warn", _clock, ""),
    ("log size", "log size", "warn", _log_size, "sqlite"),
    ("search index", "search index", "bad", _search, ""),
    ("search index", "search index", "bad", _full_text, "sqlite"),
    ("search index", "search index", "bad", _obsolete, ""),
    ("files", "files", "bad", _files, ""),
    ("files", "orphaned files", "warn", _orphans, ""),
    ("audit numbers", "audit numbers", "warn", _audit_numbers, ""),
    ("audit", "audit", "bad", _audit, ""),
    ("outbox", "outbox", "warn", _outbox, ""),
    ("worker", "worker", "bad", _worker, ""),
    ("stuck jobs", "stuck jobs", "warn", _stuck, ""),
    ("jobs", "jobs", "warn", _failed("test"), ""),
    ("jobs", "mails", "warn", _failed("send_system_mail"), ""),
    ("administrator", "administrator", "bad", _administrator, ""),
    ("administrator", "administrator", "warn", _one_administrator, ""),
    ("second factor", "second factor", "warn", _second_factor, ""),
    ("users", "users", "warn", _users, ""),
    ("users", "disabled users", "warn", _disabled, ""),
    ("departments", "departments", "warn", _departments, ""),
    ("tokens", "tokens", "warn", _tokens, ""),
    ("sessions", "sessions", "warn", _sessions, ""),
    ("sealed secrets", "sealed base.key", "bad", _sealed, ""),
)
