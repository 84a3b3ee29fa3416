# SPDX-License-Identifier: Apache-2.0
"""Code that is older than the tables: found before it reads or writes them, with both versions and the way out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from xrm.db.engine import is_missing
from xrm.errors import Message, msg
from xrm.migrate.ledger import ROLLED_BACK, plans
from xrm.migrate.made_by import CORE, MadeBy, MadeByOwner, read_made_by_now
from xrm.versions import is_newer, program_version

Revisions = Mapping[str, Mapping[str, int]]


def find_downgrades(
    connection: Connection, made_by: MadeByOwner, versions: Mapping[str, str], revisions: Revisions
) -> list[Message]:
    """What is installed in an older version than the one that made its tables; ``versions`` are those of the plugins here."""
    found = []
    for owner, one in sorted(made_by.items()):
        here = program_version() if owner == CORE else versions.get(owner)
        declared = revisions.get(owner, {})
        if here is None:
            continue
        if is_newer(one.version, here):
            found.append(_older(owner, one, here, _way_back(connection, owner, here, declared)))
        elif older := next(_older_types(one, declared), None):
            found.append(_older_revision(owner, one, here, older, _way_back(connection, owner, here, declared)))
    return found


def find_downgrades_now(engine: Engine, versions: Mapping[str, str], revisions: Revisions) -> list[Message]:
    """The same, asked of the database; nothing before it has tables."""
    try:
        with engine.connect() as connection, connection.begin():
            return find_downgrades(connection, read_made_by_now(connection), versions, revisions)
    except DBAPIError as error:
        if is_missing(error):
            return []
        raise


def _older_types(one: MadeBy, declared: Mapping[str, int]) -> Iterator[str]:
    """The types that are declared in an earlier revision; one that is declared no more is retired, which is no step back."""
    return (name for name, revision in sorted(one.revisions.items()) if declared.get(name, revision) < revision)


def _older(owner: str, one: MadeBy, here: str, way_back: Message) -> Message:
    if owner == CORE:
        return msg("xrm {here} is installed here, and xrm {applied} made the tables as they are. Nothing was changed. Install "
                   "xrm {applied} or later again{way_back}.", here=here, applied=one.version, way_back=way_back)
    return msg("The plugin {plugin} {here} is installed here, and {plugin} {applied} made its tables as they are. Nothing was "
               "changed. Install {plugin} {applied} or later again{way_back}.",
               plugin=owner, here=here, applied=one.version, way_back=way_back)


def _older_revision(owner: str, one: MadeBy, here: str, name: str, way_back: Message) -> Message:
    return msg("{name} of the plugin {plugin} {here} is declared in an earlier revision than {revision}, which {plugin} "
               "{applied} made of its table. Nothing was changed. Install the {plugin} with revision {revision} again{way_back}.",
               name=name, plugin=owner, here=here, revision=one.revisions[name], applied=one.version,
               way_back=way_back)


def _way_back(connection: Connection, owner: str, here: str, declared: Mapping[str, int]) -> Message:
    """How to take back what the later version did: the number of the plan to go back to, as long as that keeps its tables."""
    for record in reversed([record for record in plans(connection) if record.state != ROLLED_BACK]):
        if not any(table.owner == owner for table in record.before.objects.values()):
            break
        before = record.before.made_by.get(owner)
        if before is None or not (is_newer(before.version, here) or any(_older_types(before, declared))):
            return msg(", or take back what it did: xrm schema rollback --to {number}", number=record.number - 1)
    return msg(", or restore a backup from before")
