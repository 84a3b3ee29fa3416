# SPDX-License-Identifier: Apache-2.0
"""One step of a schema change, and a plan of them: what is done, how it is undone, what it costs."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from xrm.migrate.catalog import Catalog
from xrm.migrate.rebuilding import Edits, Rebuild

Phase = Literal["expand", "backfill", "contract"]
Risk = Literal["safe", "window", "destroys"]
RISKS: tuple[Risk, ...] = ("safe", "window", "destroys")
EXIT_OF_RISK = {"safe": 10, "window": 11, "destroys": 12}
FORMAT = 1
SWITCH = "switch field"


@dataclass(frozen=True)
class Copy:
    """Values carried from columns to columns, batch by batch in the order of ``key``; ``filled`` are SQL expressions by column.

    With ``into`` another table is filled: its columns are the keys of ``filled``. With ``is_gaps`` the rows that are there
    already stay as they are, since triggers bring them over; without, they are replaced.
    """

    table: str
    filled: Mapping[str, str]
    where: str = ""
    into: str = ""
    key: str = "id"
    is_gaps: bool = False


@dataclass(frozen=True)
class Place:
    """Where the values of a field lie: in which table, and under which names its columns are there now.

    ``field`` is its declaration in canonical form; a field with several values lies in a table of its own.
    """

    field: Mapping[str, Any]
    table: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Walk:
    """The rows of a type, read, changed by the program and written back batch by batch.

    What is read and written, by key of the field; a key under both lies in two places while its type changes. ``script`` is
    the data step of a plugin (``steps/NNNN_name.py``) that makes the values; without one each takes the type of its new place.
    """

    table: str
    reads: Mapping[str, Place]
    writes: Mapping[str, Place]
    script: str = ""
    is_catch_up: bool = False  # only what the batches before did not see
    asides: Mapping[str, Place] = field(default_factory=dict)  # where values of before lie, of fields that are changed in place


@dataclass(frozen=True)
class Step:
    """Statements with their reverse: what they do, to which table, index or column, and for which owner."""

    owner: str
    action: str
    target: str
    statements: tuple[str, ...] = ()
    reverse: tuple[str, ...] = ()
    phase: Phase = "expand"
    risk: Risk = "safe"
    lock: str = "brief"  # none, brief, blocks writing
    rows: int = 0
    seconds: float = 0.0
    is_transactional: bool = True
    is_repeated: bool = False  # the statements are run again, each in a transaction of its own, until they find no more rows
    copy: Copy | None = None
    copy_back: Copy | None = None
    walk: Walk | None = None
    rebuild: Rebuild | None = None
    note: str = ""
    due: str = ""  # the day before which it is done only when asked for

    @property
    def statement(self) -> str:
        """All statements as one text."""
        moved = describe(self.copy) if self.copy is not None else told(self.owner, self.walk) if self.walk is not None else ""
        rebuilt = self.rebuild.shown if self.rebuild is not None else ()
        return ";\n".join([*([moved] if moved else ()), *self.statements, *rebuilt])

    @property
    def undoing(self) -> str:
        """All statements of the way back as one text."""
        return ";\n".join([*(self.rebuild.shown_back if self.rebuild is not None else ()), *self.reverse])

    @property
    def checksum(self) -> str:
        """What the ledger compares to know that a step is the one that ran."""
        return hashlib.sha256(self.statement.encode()).hexdigest()

    @property
    def is_reversible(self) -> bool:
        """Whether the way back gives back schema and data."""
        return bool(self.reverse or self.copy or self.rebuild or not self.statements)

    @property
    def is_at_once(self) -> bool:
        """Whether it is one transaction, with its line in the ledger."""
        is_in_batches = self.copy is not None or (self.walk is not None and not self.walk.is_catch_up)
        return self.is_transactional and not is_in_batches

    @property
    def is_switch(self) -> bool:
        """Whether columns are of another type after it than before."""
        return self.action == SWITCH

    @property
    def is_resumable(self) -> bool:
        """Whether it goes on where it was interrupted."""
        return True


@dataclass
class Findings:
    """Problems must be mended before the change, notes are to be known."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """The steps to run now, in order, and those that wait for their day; ``problems`` say what must be mended first."""

    steps: tuple[Step, ...] = ()
    later: tuple[Step, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=(), kw_only=True)  # what is good to know; nothing to mend
    base: str = ""  # checksum of what was applied when it was made
    target: str = ""  # checksum of what it leads to
    kept: Mapping[str, Any] = field(default_factory=dict)  # table → what stays of fields declared no more
    after: Catalog = field(default_factory=dict)
    declarations: Mapping[str, Any] = field(default_factory=dict)
    made_by: Mapping[str, Any] = field(default_factory=dict)  # owner → the version that made its tables, after the plan
    done_steps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # owner → its data steps, these included

    @property
    def risk(self) -> Risk:
        """The highest of its steps."""
        return max((step.risk for step in self.steps), key=RISKS.index, default="safe")

    @property
    def exit_code(self) -> int:
        """0 when nothing waits, else 10 (safe), 11 (needs a window) or 12 (destroys data)."""
        return EXIT_OF_RISK[self.risk] if self.steps else 0


def describe(copy: Copy) -> str:
    """The copy as one statement over all rows, to be read by people."""
    where = f" WHERE {copy.where}" if copy.where else ""
    if copy.into:
        columns = ", ".join(copy.filled)
        return f"INSERT INTO {copy.into} ({columns}) SELECT {', '.join(copy.filled.values())} FROM {copy.table}{where}"  # noqa: S608
    changes = ", ".join(f"{column} = {expression}" for column, expression in copy.filled.items())
    return f"UPDATE {copy.table} SET {changes}{where}"  # noqa: S608


def told(owner: str, walk: Walk) -> str:
    """What the program does with the rows, to be read by people."""
    if walk.script:
        return f"-- for each row of {walk.table}: {owner} steps/{walk.script}.py writes {', '.join(walk.writes)}"
    turns = [
        f"{key} from {walk.reads[key].field['type']} to {place.field['type']}" for key, place in walk.writes.items()
    ]
    return f"-- for each row of {walk.table}: {', '.join(turns)}"


def step_as_json(step: Step) -> dict[str, Any]:
    """The step as JSON values, with what is derived from it."""
    shown = {key: value for key, value in dataclasses.asdict(step).items() if value not in ("", None, (), [])}
    return {**shown, "reversible": step.is_reversible, "resumable": step.is_resumable, "checksum": step.checksum}


def plan_as_json(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values; what ``--out`` writes and ``--json`` prints."""
    return {
        "format": FORMAT, "steps": [step_as_json(step) for step in plan.steps],
        "later": [step_as_json(step) for step in plan.later],
        "count": len(plan.steps), "risk": plan.risk, "problems": list(plan.problems), "notes": list(plan.notes),
        "base": plan.base, "target": plan.target,
    }


def steps_text(steps: Sequence[Step]) -> str:
    """Steps as they are stored."""
    return json.dumps([dataclasses.asdict(step) for step in steps], ensure_ascii=False)


def read_steps(text: str) -> list[Step]:
    """Steps from where they are stored."""
    return [_step(given) for given in json.loads(text)]


def _step(given: dict[str, Any]) -> Step:
    copies = {name: Copy(**given[name]) if given.get(name) else None for name in ("copy", "copy_back")}
    lists: dict[str, Any] = {name: tuple(given[name]) for name in ("statements", "reverse")}
    return Step(**{**given, **copies, **lists, "walk": _walk(given["walk"]) if given.get("walk") else None,
                   "rebuild": _rebuild(given["rebuild"]) if given.get("rebuild") else None})


def _rebuild(given: dict[str, Any]) -> Rebuild:
    edits = {way: Edits(**given[way]) for way in ("forwards", "backwards")}
    return Rebuild(**{**given, **edits})


def _walk(given: dict[str, Any]) -> Walk:
    places = {
        side: {key: Place(**place) for key, place in given[side].items()} for side in ("reads", "writes", "asides")
    }
    return Walk(**{**given, **places})
