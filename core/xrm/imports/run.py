# SPDX-License-Identifier: Apache-2.0
"""Running an import: a file and a mapping in, parties, records and a report out; good rows are kept, bad ones set apart."""

from __future__ import annotations

import gc
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from xrm.errors import InvalidInput, Problem, msg
from xrm.imports.batch import problems_of
from xrm.imports.build import read_mapping
from xrm.imports.column_names import columns_of_fields, with_columns
from xrm.imports.mapping import Mapping
from xrm.imports.open_table import open_table
from xrm.imports.places import find_places
from xrm.imports.plan import RowPlan
from xrm.imports.planner import Planner
from xrm.imports.rejects import Rejects
from xrm.imports.report import ImportReport
from xrm.imports.spool import Spool
from xrm.imports.table import Row, Table
from xrm.imports.values import Columns, columns_of
from xrm.imports.work import RowEnd
from xrm.imports.writers import CommittingWriter, DryWriter, Writer
from xrm.unit_of_work import Actor

if TYPE_CHECKING:
    from xrm.runtime import Runtime

BATCH = 1_000
MOST_YOUNG = 50_000
MOST_TOGETHER = 5_000
Progress = Callable[[int, float], None]


def run_import(  # noqa: PLR0913  # what a person may choose about one import
    runtime: Runtime, actor: Actor, path: Path, mapping_path: Path, *, dry_run: bool = False,
    department: uuid.UUID | None = None, progress: Progress | None = None, rejects: Path | None = None,
) -> ImportReport:
    """Import a file by a mapping and return the report, counted in rows of the file.

    ``department`` is that of what names none in the mapping. ``progress`` is told the rows done and the part of the file
    read (0 to 1). Rows that fail go to ``rejects``, if it is given. A dry run gives the same report and writes nothing.

    Raises:
        InvalidInput: when the mapping or the file as a whole cannot be used; nothing was written then.
        PermissionDenied: without the right to import what the mapping makes.
        NotFound: for an unknown department.
        ConfigurationError: when a library is missing or the rejects cannot be written.
    """
    path, mapping_path = Path(path), Path(mapping_path)
    if rejects is not None and Path(rejects).resolve() == path.resolve():
        raise InvalidInput([Problem("rejects", msg("The rows that fail cannot go to the file they come from. Name another."))])
    mapping = read_mapping(mapping_path, runtime.registry)
    places = runtime.read(lambda uow: find_places(uow, mapping, department), actor)
    table = open_table(path, mapping.source, columns_of(mapping))
    report = ImportReport(dry_run=dry_run, department=places.name)
    kept = Rejects(Path(rejects), table.header, table.separator) if rejects is not None and not dry_run else None
    try:
        if dry_run:
            DryWriter.run(runtime, actor, places, lambda writer: Run(mapping, table, writer, report, kept, progress).run())
        else:
            Run(mapping, table, CommittingWriter(runtime, actor, places), report, kept, progress).run()
    finally:
        table.close()
        if kept is not None:
            kept.close()
    report.rejects = str(kept.path) if kept is not None and kept.written else ""
    return report


class Run:
    """One run over one file: batches of rows, then those that wait for others."""

    def __init__(
        self, mapping: Mapping, table: Table, writer: Writer, report: ImportReport, rejects: Rejects | None,
        progress: Progress | None,
    ) -> None:
        self._table = table
        self._planner = Planner(mapping, Columns(table, mapping))
        self._columns = columns_of_fields(mapping)
        self._writer = writer
        self._report = report
        self._rejects = rejects
        self._progress = progress
        self._waiting = Spool()

    def run(self) -> None:
        """Import every row."""
        # A batch makes many objects and few rings of them: looking for rings less often is a seventh of the time.
        before = gc.get_threshold()
        gc.set_threshold(MOST_YOUNG, *before[1:])
        try:
            self._pass(self._table.rows)
            self._settle()
        finally:
            gc.set_threshold(*before)
            self._waiting.close()
            self._writer.close()

    def _pass(self, rows: Iterator[Row]) -> int:
        """Write these rows in batches and return how many were written; those that wait are put aside."""
        done = 0
        for batch in self._batches(rows):
            done += self._take(self._writer.write(batch))
            if self._rejects is not None:
                self._rejects.flush()
            if self._progress is not None:
                self._progress(self._report.counts.total(), self._table.progress())
        return done

    def _take(self, ends: Sequence[RowEnd]) -> int:
        done = 0
        for end in ends:
            if end.waits_for:
                self._waiting.add(end.plan.line, end.plan.cells)
            elif end.outcome == "failed":
                self._fail(Row(end.plan.line, end.plan.cells), end.problems)
            else:
                self._report.add(end.plan.line, end.outcome)
                done += 1
        for (kind, what), count in Counter(chain.from_iterable(end.written for end in ends)).items():
            self._report.note(kind, what, count)
        return done

    def _batches(self, rows: Iterator[Row]) -> Iterator[list[RowPlan]]:
        """Plans in batches; two rows that speak of one thing never share a batch, so that the later one finds the earlier."""
        batch: list[RowPlan] = []
        claimed: set[tuple[object, ...]] = set()
        for row in rows:
            plan = self._plan(row)
            if plan is None:
                continue
            claims = plan.claims()
            if len(batch) >= BATCH or not claimed.isdisjoint(claims):
                yield batch
                batch, claimed = [], set()
            batch.append(plan)
            claimed |= claims
        if batch:
            yield batch

    def _plan(self, row: Row) -> RowPlan | None:
        if row.problem is not None:
            self._fail(row, (Problem("", row.problem),))
            return None
        try:
            return self._planner.plan(row)
        except InvalidInput as error:
            self._fail(row, problems_of(error))
            return None

    def _settle(self) -> None:
        """Rows that referred to later ones, round after round; then those that only refer to each other, together."""
        while len(self._waiting):
            before, self._waiting = self._waiting, Spool()
            count = len(before)
            done = self._pass(before.rows())
            before.close()
            if not done and len(self._waiting) == count:
                break
        left = [plan for row in self._waiting.rows() if (plan := self._plan(row)) is not None]
        if 0 < len(left) <= MOST_TOGETHER and _disjoint(left):
            ends = self._writer.write(left)
        else:
            ends = [RowEnd(plan, "failed", waits_for=tuple(sorted(plan.needed_keys))) for plan in left]
        for end in ends:
            missing = tuple(
                Problem("", msg("It refers to {system} {key}, which is not there. Import that first, or mend the key.",
                                system=system, key=key))
                for system, key in end.waits_for
            )
            end.problems, end.waits_for = (*end.problems, *missing), ()
        self._take(ends)

    def _fail(self, row: Row, problems: tuple[Problem, ...]) -> None:
        problems = with_columns(problems, self._columns)
        self._report.add(row.line, "failed", problems)
        self._report.note("row", "failed")
        if self._rejects is not None:
            self._rejects.add(row.line, row.cells, problems)


def _disjoint(plans: list[RowPlan]) -> bool:
    claims = [claim for plan in plans for claim in plan.claims()]
    return len(claims) == len(set(claims))
