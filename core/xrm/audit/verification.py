# SPDX-License-Identifier: Apache-2.0
"""Whether the audit log is what was written: every value against its digest, every link, every number, and the head."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update

from xrm.audit.chain import START, digest_of, link
from xrm.audit.models import audit_entry, audit_value, sequence_head
from xrm.audit.sequencing import AUDIT
from xrm.db.sequences import is_waiting
from xrm.errors import InvalidInput, Message, msg
from xrm.unit_of_work import UnitOfWork

BATCH = 2_000
MOST_BREAKS = 50
_NOTED = re.compile(r"([0-9]+):([0-9a-fA-F]{64})")


@dataclass(frozen=True)
class Head:
    """The end of the chain: whoever notes it elsewhere finds out later when anything up to it was written anew."""

    number: int
    chain: bytes

    def __str__(self) -> str:
        return f"{self.number}:{self.chain.hex()}"


@dataclass(frozen=True)
class Break:
    """Where the log is not what was written: the entry (its number, id and moment as they stand there now) and what differs."""

    number: int
    message: Message
    id: uuid.UUID | None = None
    at: datetime | None = None


@dataclass
class Verification:
    """What a walk along the chain found; ``breaks`` holds the first ones, ``broken`` counts all."""

    head: Head
    verified: int = 0
    erased: int = 0
    waiting: int = 0
    broken: int = 0
    breaks: list[Break] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether nothing differs."""
        return not self.broken

    def note(self, number: int, message: Message, row: Any = None) -> None:
        """Keep one difference."""
        self.broken += 1
        if len(self.breaks) < MOST_BREAKS:
            self.breaks.append(Break(number, message, row.id if row else None, row.at if row else None))


def read_head(uow: UnitOfWork) -> Head:
    """The head of the chain as it is kept."""
    row = uow.execute(select(sequence_head).where(sequence_head.c.name == AUDIT)).first()
    return Head(0, START) if row is None else Head(row.number, bytes(row.chain or START))


def parse_head(text: str) -> Head:
    """The head that was noted as ``NUMBER:HASH``.

    Raises:
        InvalidInput: for a text of another form.
    """
    found = _NOTED.fullmatch(text.strip())
    if found is None:
        raise InvalidInput(msg("“{given}” is no head. Give it as xrm audit head printed it: NUMBER:HASH.", given=text[:100]))
    return Head(int(found[1]), bytes.fromhex(found[2]))


def verify_chain(uow: UnitOfWork, noted: Head | None = None) -> Verification:
    """Walk the whole chain, in batches; ``noted`` is a head from earlier that has to lie on it."""
    found = Verification(read_head(uow))
    chain, number = START, 0
    for row in _entries(uow):
        if row.number > found.head.number:
            break
        if row.number != number + 1:
            missing = msg("Entries are missing: {first} to {last}.", first=number + 1, last=row.number - 1)
            found.note(number + 1, missing, row)
        number = row.number
        chain = _check(found, chain, row)
        _compare(found, noted, number, chain)
    _check_end(uow, found, noted, number, chain)
    found.waiting = int(uow.execute(select(func.count()).select_from(audit_entry).where(is_waiting(audit_entry))).scalar_one())
    return found


def _check(found: Verification, before: bytes, row: Row[Any]) -> bytes:
    """Check one entry and give the link that the next one has to hold."""
    if row.salt is None:
        found.erased += 1
    elif digest_of(row.salt, row.changes) != row.digest:
        found.note(row.number, msg("Its values are not those that were written: they do not fit their digest."), row)
    expected = link(before, row, row.number)
    if row.chain != expected:
        found.note(
            row.number, msg("The entry or its place is not as it was numbered: who, when, what, its digest or its link."), row
        )
    found.verified += 1
    # What follows is held against what stands here, so that one change is told once.
    return row.chain if row.chain is not None and len(row.chain) == len(START) else expected


def _compare(found: Verification, noted: Head | None, number: int, chain: bytes) -> None:
    if noted is not None and noted.number == number and noted.chain != chain:
        found.note(number, msg("The head that was noted at this number is another: what comes before it was written anew."))


def _check_end(uow: UnitOfWork, found: Verification, noted: Head | None, number: int, chain: bytes) -> None:
    head = found.head
    if number != head.number:
        found.note(number + 1, msg("Entries are missing: {first} to {last}.", first=number + 1, last=head.number))
    elif chain != head.chain:
        found.note(number, msg("The head that is kept is not that of the last entry."))
    if noted is not None and noted.number > number:
        found.note(noted.number, msg("The head that was noted is of entry {number}, which is not there.", number=noted.number))
    # In this order: what is numbered meanwhile is known to the head that is read afterwards.
    last = uow.execute(select(func.max(audit_entry.c.number))).scalar() or 0
    if last > read_head(uow).number:
        found.note(last, msg("There are entries after the head that is kept."))


def _entries(uow: UnitOfWork) -> Iterator[Row[Any]]:
    """All numbered entries in order, with salt and changes where the values are there."""
    both = audit_entry.outerjoin(audit_value, audit_value.c.audit_entry_id == audit_entry.c.id)
    statement = select(audit_entry, audit_value.c.salt, audit_value.c.changes).select_from(both)
    after: int | None = None
    while True:
        part = statement if after is None else statement.where(audit_entry.c.number > after)
        rows = uow.execute(part.where(audit_entry.c.number.is_not(None)).order_by(audit_entry.c.number).limit(BATCH)).all()
        yield from rows
        if len(rows) < BATCH:
            return
        after = rows[-1].number


def note_verification(uow: UnitOfWork, found: Verification) -> None:
    """Keep when the chain was last walked, how far, and how many breaks there were."""
    values = {"verified_at": uow.now, "verified_number": found.head.number, "problems": found.broken}
    uow.execute(update(sequence_head).where(sequence_head.c.name == AUDIT).values(values))
