# SPDX-License-Identifier: Apache-2.0
"""What an import did, counted in rows of the file, with the reason of each row that failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from xrm.errors import Problem

Outcome = Literal["created", "updated", "unchanged", "failed"]
OUTCOMES: tuple[Outcome, ...] = ("created", "updated", "unchanged", "failed")
MOST_REASONS = 10_000


class RowResult(NamedTuple):
    """What became of one row: the line it begins on in the file, the outcome, and why it failed."""

    line: int
    outcome: Outcome
    problems: tuple[Problem, ...] = ()


@dataclass
class ImportReport:
    """The counts of all rows; ``things`` says how many of each kind were made or changed (``organization`` → ``created`` → n)."""

    dry_run: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    things: dict[str, Counter[str]] = field(default_factory=dict)
    rejects: str = ""
    department: str = ""
    _lines: dict[int, int] = field(default_factory=dict)
    _reasons: dict[int, tuple[Problem, ...]] = field(default_factory=dict)

    @property
    def created(self) -> int:
        """Rows whose first thing is new."""
        return self.counts["created"]

    @property
    def updated(self) -> int:
        """Rows that changed something, or added to something that was there."""
        return self.counts["updated"]

    @property
    def unchanged(self) -> int:
        """Rows that say nothing new."""
        return self.counts["unchanged"]

    @property
    def failed(self) -> int:
        """Rows of which nothing was written."""
        return self.counts["failed"]

    def add(self, line: int, outcome: Outcome, problems: tuple[Problem, ...] = ()) -> None:
        """Note what became of a row; of failed rows beyond the first 10,000 only the line is kept here."""
        self.counts[outcome] += 1
        self._lines[line] = OUTCOMES.index(outcome)
        if problems and len(self._reasons) < MOST_REASONS:
            self._reasons[line] = problems

    def note(self, kind: str, what: str, count: int = 1) -> None:
        """Count things made (``created``) or changed (``updated``), by kind."""
        self.things.setdefault(kind, Counter())[what] += count

    def rows(self) -> Iterator[RowResult]:
        """Each row in the order of the file."""
        for line in sorted(self._lines):
            yield RowResult(line, OUTCOMES[self._lines[line]], self._reasons.get(line, ()))

    def failures(self) -> Iterator[RowResult]:
        """The rows that failed, with their reasons."""
        return (row for row in self.rows() if row.outcome == "failed")

    def as_json(self) -> dict[str, Any]:
        """The report as plain values: the counts, the things by kind, and each failed row with its reasons as text."""
        return {
            **{outcome: self.counts[outcome] for outcome in OUTCOMES},
            "dry_run": self.dry_run,
            "department": self.department,
            "things": {kind: dict(counts) for kind, counts in sorted(self.things.items())},
            "rejects": self.rejects,
            "problems": [{"line": row.line, "reasons": [str(one) for one in row.problems]} for row in self.failures()],
        }
