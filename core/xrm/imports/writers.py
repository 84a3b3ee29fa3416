# SPDX-License-Identifier: Apache-2.0
"""How batches reach the database: each in a transaction of its own, or all in one that is taken back at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from sqlalchemy.exc import DataError, IntegrityError

from xrm.errors import Problem, XrmError, msg
from xrm.imports.batch import problems_of, write_batch
from xrm.imports.places import Places
from xrm.imports.plan import RowPlan
from xrm.imports.work import RowEnd
from xrm.unit_of_work import Actor, UnitOfWork

if TYPE_CHECKING:
    from xrm.runtime import Runtime


class Writer(Protocol):
    """Writes batches of rows."""

    def write(self, plans: Sequence[RowPlan]) -> list[RowEnd]:
        """How each row ended, in order."""

    def close(self) -> None:
        """Finish."""


def _write_or_halve(attempt: Callable[[Sequence[RowPlan]], list[RowEnd]], plans: Sequence[RowPlan]) -> list[RowEnd]:
    """The ends of all rows: when a batch is refused as a whole, its halves are tried, down to the row that is to blame."""
    try:
        return attempt(plans)
    except XrmError as error:
        problems = problems_of(error)
    except (IntegrityError, DataError) as error:
        problems = (Problem("", msg("The database refuses it: {why}", why=str(error.orig).splitlines()[0])),)
    if len(plans) == 1:
        return [RowEnd(plans[0], "failed", problems)]
    middle = len(plans) // 2
    return [*_write_or_halve(attempt, plans[:middle]), *_write_or_halve(attempt, plans[middle:])]


class CommittingWriter:
    """Each batch in a transaction of its own: killed at any moment, what was committed is found again by the next run."""

    def __init__(self, runtime: Runtime, actor: Actor, places: Places) -> None:
        self._runtime = runtime
        self._actor = actor
        self._places = places

    def write(self, plans: Sequence[RowPlan]) -> list[RowEnd]:
        """How each row ended, in order."""
        return _write_or_halve(self._attempt, plans)

    def _attempt(self, plans: Sequence[RowPlan]) -> list[RowEnd]:
        return self._runtime.write(lambda uow: write_batch(uow, self._places, plans), self._actor)

    def close(self) -> None:
        """Nothing is open between batches."""


class _TakenBack(Exception):
    """Ends the transaction of a dry run without committing it."""


class DryWriter:
    """All batches in one transaction, so that later rows see earlier ones; then nothing of it is kept."""

    def __init__(self, uow: UnitOfWork, places: Places) -> None:
        self._uow = uow
        self._places = places

    @classmethod
    def run(cls, runtime: Runtime, actor: Actor, places: Places, work: Callable[[DryWriter], None]) -> None:
        """Do the work in a transaction that is taken back."""

        def function(uow: UnitOfWork) -> None:
            work(cls(uow, places))
            raise _TakenBack

        try:
            runtime.write(function, actor)
        except _TakenBack:
            return

    def write(self, plans: Sequence[RowPlan]) -> list[RowEnd]:
        """How each row would end, in order."""
        return _write_or_halve(self._attempt, plans)

    def _attempt(self, plans: Sequence[RowPlan]) -> list[RowEnd]:
        touched, events, cache = dict(self._uow.touched), list(self._uow.events), dict(self._uow.cache)
        try:
            with self._uow.connection.begin_nested():
                return write_batch(self._uow, self._places, plans)
        finally:
            # Nothing of it is announced or indexed; what was read once may be of a batch that was refused.
            self._uow.made.clear()
            self._uow.touched, self._uow.events, self._uow.cache = touched, events, {
                key: value for key, value in self._uow.cache.items() if key in cache and not _grows(key)
            }

    def close(self) -> None:
        """The transaction ends with the unit of work."""


def _grows(key: str) -> bool:
    return key.startswith("xrm.audit")
