# SPDX-License-Identifier: Apache-2.0
"""Checks of what hangs on records: search documents and the bytes of files; and their repairs."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from xrm.db.health import find_index_damage, rebuild_full_text
from xrm.errors import Message, msg
from xrm.files.models import file
from xrm.files.places import path_of
from xrm.health.findings import HealthFinding
from xrm.runtime import Runtime
from xrm.search.completeness import find_obsolete, find_unsearchable
from xrm.settings import Settings
from xrm.unit_of_work import UnitOfWork, system_actor

NEWEST = 500  # of each kind are looked at where there is little time
PART = 500
YOUNG = timedelta(days=1)  # a file so young may belong to a change that is not committed yet
ASIDE = "files-without-record"


def check_search(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Whether the newest records can be found."""
    yield from _unsearchable(len(find_unsearchable(uow, newest=NEWEST)), 0)


def examine_search(runtime: Runtime) -> Iterator[HealthFinding]:
    """Whether all records can be found, nothing that is gone, and the index fits its contents."""
    system = system_actor()
    yield from _unsearchable(runtime.read(lambda uow: len(find_unsearchable(uow)), system),
                             runtime.read(lambda uow: len(find_obsolete(uow)), system))
    if damage := find_index_damage(runtime.engine):
        yield HealthFinding("search index", "bad", msg("The search index does not fit its contents: {why}", why=damage),
                            msg("It is made anew without loss by xrm doctor --fix; xrm doctor --rebuild-search does it in any "
                                "case."), fix="full_text")


def _unsearchable(missing: int, obsolete: int) -> Iterator[HealthFinding]:
    if missing or obsolete:
        said = msg("Records that search does not find: {missing}; records that are gone and still found: {obsolete}.",
                   missing=missing, obsolete=obsolete)
        yield HealthFinding("search index", "bad", said, msg("Their entries are made anew without loss."), fix="search_documents")


def mend_search(runtime: Runtime) -> Iterator[Message]:
    """Make the entries of records that search misses or knows in vain, part by part."""
    system = system_actor()
    ids = runtime.read(lambda uow: [*find_unsearchable(uow), *find_obsolete(uow)], system)
    for start in range(0, len(ids), PART):
        # What is touched gets its documents anew at the end of the unit of work.
        part = dict.fromkeys(ids[start : start + PART], False)
        runtime.write(lambda uow, part=part: uow.touched.update(part), system)  # type: ignore[misc]
    if ids:
        left = runtime.read(lambda uow: len(find_unsearchable(uow)) + len(find_obsolete(uow)), system)
        yield msg("Records that search was wrong about: {count} before, {left} now.", count=len(ids), left=left)


def mend_full_text(runtime: Runtime) -> Iterator[Message]:
    """Make the full-text index anew from the documents."""
    if find_index_damage(runtime.engine):
        runtime.write(lambda uow: rebuild_full_text(uow.connection), system_actor())
        if find_index_damage(runtime.engine):
            yield msg("The search index did not fit its contents, and still does not: run xrm doctor --rebuild-search.")
        else:
            yield msg("The search index did not fit its contents; now it does.")


def check_files(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Whether the newest files have their bytes."""
    rows = uow.execute(select(file.c.id, file.c.name).order_by(file.c.id.desc()).limit(NEWEST))
    yield from _without_bytes(uow.settings, [(row.id, row.name) for row in rows])


def examine_files(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Whether all files have their bytes, and all bytes a file that they belong to."""
    rows = uow.execute(select(file.c.id, file.c.name).order_by(file.c.id))
    yield from _without_bytes(uow.settings, [(row.id, row.name) for row in rows])
    if orphans := _orphans(uow):
        said = msg("Files lie in {folder} that belong to no record: {count}, {megabytes} MB.", count=len(orphans),
                   folder=uow.settings.home / "files", megabytes=sum(one.stat().st_size for one in orphans) // 1_000_000)
        yield HealthFinding("orphaned files", "warn", said,
                            msg("xrm doctor --fix puts them aside, into {folder}; nothing is deleted.",
                                folder=uow.settings.home / ASIDE), fix="orphaned_files")


def _without_bytes(settings: Settings, files: list[tuple[uuid.UUID, str]]) -> Iterator[HealthFinding]:
    gone = [name for one, name in files if not path_of(settings.home, one).is_file()]
    if gone:
        said = msg("Files whose bytes are gone: {count}, such as {name}.", count=len(gone), name=gone[0])
        yield HealthFinding("files", "bad", said,
                            msg("Take the folder files out of a backup: xrm backup restore FILE in a copy of the instance."))


def _orphans(uow: UnitOfWork) -> list[Path]:
    before = time.time() - YOUNG.total_seconds()
    found = {path.name: path for path in (uow.settings.home / "files").glob("??/*")
             if path.is_file() and len(path.name) == 32 and path.stat().st_mtime < before}
    names = sorted(found)
    for start in range(0, len(names), PART):
        ids = [uuid.UUID(name) for name in names[start : start + PART]]
        for known in uow.execute(select(file.c.id).where(file.c.id.in_(ids))).scalars():
            del found[known.hex]
    return [found[name] for name in sorted(found)]


def mend_orphans(runtime: Runtime) -> Iterator[Message]:
    """Put bytes without a record aside: after a restore they may be all that is left of a file."""
    orphans = runtime.read(_orphans, system_actor())
    aside = runtime.settings.home / ASIDE
    for path in orphans:
        aside.mkdir(mode=0o700, exist_ok=True)
        path.rename(aside / path.name)
    if orphans:
        yield msg("Files that belonged to no record: {count}. Now they lie in {folder}.", count=len(orphans), folder=aside)
