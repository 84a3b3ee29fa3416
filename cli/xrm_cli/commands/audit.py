# SPDX-License-Identifier: Apache-2.0
"""``xrm audit``: who did what, whether the log is still what was written, and who saw whom."""

from __future__ import annotations

import os
import uuid
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from xrm.access.policy import require, require_everywhere
from xrm.access.users import find_user
from xrm.audit.sequencing import number_all
from xrm.audit.verification import Verification, note_verification, parse_head, read_head, verify_chain
from xrm.errors import Conflict, msg
from xrm.history.log import RIGHT, LogEntry, LogQuery, list_accesses, list_log, parse_period, walk_values
from xrm.unit_of_work import UnitOfWork, system_actor
from xrm_cli.audit_lines import accesses_as_json, entry_as_json, line_of, verification_as_json
from xrm_cli.choosing import ID
from xrm_cli.declaring import Noun
from xrm_cli.main import FAILED
from xrm_cli.output import print_pairs, say
from xrm_cli.session import Session, with_session


@click.group(cls=Noun)
def audit() -> None:
    """The audit log: verify, list, export, head, seen."""


@audit.command("verify", examples=[
    "xrm audit verify", "xrm audit verify --json", "xrm audit verify --from-head 1042:9f2c…   # as xrm audit head printed it",
])
@click.option("--from-head", metavar="NUMBER:HASH", default="", help="A head noted earlier, which has to lie on the chain.")
@with_session
def verify(session: Session, *, from_head: str) -> None:
    """Check each value, each link, each number and the head. Exit code 0: whole, 1: broken."""
    noted = parse_head(from_head) if from_head else None
    session.read(lambda uow: require_everywhere(uow, RIGHT))
    number_all(session.runtime)
    found = session.read(lambda uow: verify_chain(uow, noted))
    session.runtime.write(lambda uow: note_verification(uow, found), system_actor())
    session.give(verification_as_json(found), lambda: _print(found))
    if not found.is_whole:
        say("The audit log is broken. Keep a copy of the database, and compare it with a backup: xrm backup list")
        click.get_current_context().exit(FAILED)


def _print(found: Verification) -> None:
    print_pairs([
        ("state", "whole" if found.is_whole else "BROKEN"), ("verified", str(found.verified)), ("erased", str(found.erased)),
        ("not yet numbered", str(found.waiting)), ("head", str(found.head)),
    ])
    for one in found.breaks:
        where = f"entry {one.number}" + (f" ({one.id}, {one.at.isoformat()})" if one.id and one.at else "")
        click.echo(f"{where}: {one.message}")
    if found.broken > len(found.breaks):
        say(f"{found.broken} differences in all; these are the first ones.")


@audit.command("list", examples=[
    "xrm audit list", "xrm audit list --user anna@example.org --since 2026-11-01", "xrm audit list --action role.started --json",
])
@click.option("--entity", "entity_id", type=ID, metavar="ID", help="Only what was done to this party or record.")
@click.option("--user", "email", metavar="EMAIL", default="", help="Only what this user did.")
@click.option("--action", default="", help="Only this action, such as entity.updated.")
@click.option("--type", "type_name", default="", help="Only this type, such as customer.")
@click.option("--since", default="", metavar="WHEN", help="From this day or moment on.")
@click.option("--until", default="", metavar="WHEN", help="Before this day or moment.")
@click.option("--after", type=ID, metavar="ID", help="Continue after this entry.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many at most.")
@with_session
def list_command(
    session: Session, *, entity_id: uuid.UUID | None, email: str, action: str, type_name: str, since: str, until: str,
    after: uuid.UUID | None, limit: int,
) -> None:
    """List what was done, newest first, without the values: those stand in the history of each party and record."""
    begin, end = parse_period(since, until)

    def read(uow: UnitOfWork) -> tuple[list[LogEntry], uuid.UUID | None]:
        who = find_user(uow, email, only_active=False).id if email else None
        query = LogQuery(entity_id, who, action, type_name, begin, end, after, limit)
        return list_log(uow, query)

    items, following = session.read(read)
    shown = [entry_as_json(one) for one in items]
    columns = ("number", "at", "actor", "via", "action", "type", "title", "id")
    session.give_list(shown, columns, str(following) if following else None)


@audit.command("export", examples=["xrm audit export audit.jsonl", "xrm audit export november.jsonl --since 2026-11-01"])
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--since", default="", metavar="WHEN", help="From this day or moment on.")
@click.option("--until", default="", metavar="WHEN", help="Before this day or moment.")
@with_session
def export(session: Session, *, file: Path, since: str, until: str) -> None:
    """Write the log with its values, digests and links into a file, one line of JSON for each entry, oldest first."""
    begin, end = parse_period(since, until)
    for right in (RIGHT, "*:read"):
        session.read(partial(require_everywhere, action=right))
    number_all(session.runtime)

    def write(uow: UnitOfWork) -> int:
        count = 0
        lines = (line_of(entry, row) for entry, row in walk_values(uow, replace(LogQuery(), since=begin, until=end)))
        # What is in it is for the eyes of few.
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as target:
            for count, line in enumerate(lines, 1):  # noqa: B007  # how many there were
                target.write(line + "\n")
        return count

    try:
        count = session.read(write)
    except FileExistsError as error:
        raise Conflict(msg("{file} is there already. Name another file.", file=file), code="refused") from error
    session.give({"file": str(file), "entries": count}, lambda: print_pairs([("file", file), ("entries", str(count))]))


@audit.command("head", examples=["xrm audit head", "xrm audit head --json"])
@with_session
def head(session: Session) -> None:
    """Print the head of the chain, to write down elsewhere: verify --from-head shows later that nothing before it was changed."""
    session.read(lambda uow: require(uow, RIGHT))
    number_all(session.runtime)
    found = session.read(read_head)
    described = {"number": found.number, "chain": found.chain.hex(), "head": str(found)}
    session.give(described, lambda: click.echo(str(found)))


@audit.command("seen", examples=["xrm audit seen --entity 0192f0c1-7c1e-7d7a-8f7e-1c2b3a4d5e6f"])
@click.option("--entity", "entity_id", type=ID, required=True, metavar="ID", help="Of which party.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="How many at most.")
@with_session
def seen(session: Session, *, entity_id: uuid.UUID, limit: int) -> None:
    """List who saw or exported a party, newest first."""
    items, _ = session.read(lambda uow: list_accesses(uow, entity_id, limit=limit))
    session.give_list(accesses_as_json(items), ("at", "user", "via", "kind", "type", "filter", "count"))
