# SPDX-License-Identifier: Apache-2.0
"""What becomes of rows while a field changes its type or a data step runs, forwards and on the way back."""

from __future__ import annotations

import logging
import traceback
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xrm.errors import InvalidInput, Problem, XrmError, msg
from xrm.migrate.rows import Batch, Row
from xrm.migrate.scripts import Script, Work, load_script
from xrm.migrate.steps import Place, Step, Walk
from xrm.migrate.widening import Kept, kept_field, narrowed, widening
from xrm.schema.fields.base import FieldType, InvalidValue, ParseContext
from xrm.schema.fields.builtin import FIELD_TYPES

logger = logging.getLogger("xrm.migrate")
_EMPTY = (None, "", ())


@dataclass(frozen=True)
class Tools:
    """What moving values needs beside the database: the field types, and the data steps of plugins by owner."""

    field_types: Mapping[str, FieldType] = field(default_factory=lambda: FIELD_TYPES)
    step_files: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)

    def kept(self, place: Place) -> Kept:
        """The field that lies there."""
        key = place.field["key"]
        found = kept_field(key, place.field, self.field_types)
        if found is None:
            told = msg("{key}: the field type {type} is not installed any more. Install its plugin again.",
                       key=key, type=place.field.get("type", ""))
            raise InvalidInput([Problem(key, told)])
        return found

    def script(self, owner: str, name: str) -> Script:
        """The data step of this name.

        Raises:
            InvalidInput: when the installed version of the plugin does not bring it.
        """
        for path in self.step_files.get(owner, ()):
            if path.stem == name:
                return load_script(owner, path)
        told = msg("The step {name} of {owner} is not there. Install the version of {owner} that brings it, and run this again.",
                   name=f"steps/{name}.py", owner=owner)
        raise InvalidInput([Problem("", told)])


class Turning:
    """The work of one walk: gives rows their new values, or on the way back their old ones."""

    def __init__(self, step: Step, walk: Walk, tools: Tools) -> None:
        self.walk = walk
        self._owner = step.owner
        self._script = tools.script(step.owner, walk.script) if walk.script else None
        self.before = {key: tools.kept(place) for key, place in walk.reads.items()}
        self.after = {key: tools.kept(place) for key, place in walk.writes.items()}
        self.name_row: Callable[[uuid.UUID], str] = str  # how a row is called in messages
        self._where = f"{step.owner}/steps/{walk.script}.py"
        self._then = msg("Mend it and run xrm schema apply, or take the change back with xrm schema rollback.")
        # In two places while their type changes; what is changed in place lies aside.
        self._turned = [key for key in walk.writes if key in walk.reads and key not in walk.asides] if walk.script else []
        self._turns = {} if walk.script else {key: _turn(self.before[key], self.after[key]) for key in walk.writes}

    def forwards(self, rows: Sequence[Row]) -> None:
        """Assign what goes to the new places."""
        if self._script is not None:
            self._run(self._script.upgrade, rows, self.after)
            for row in rows:
                self._carry_unassigned(row)
            return
        for row in rows:
            for key, turn in self._turns.items():
                row.assigned[key] = turn(row[key])

    def backwards(self, rows: Sequence[Row], again: Sequence[Row]) -> None:
        """Assign what goes back; ``again`` are the same rows as they were read the first time.

        Where nobody changed anything since, what was changed in place is as before; elsewhere the way back of the step decides.
        """
        changed = self._not_as_left(again)
        self._then = msg("Mend the downgrade, or change the row, and run xrm schema rollback again.")
        differing = []
        for row, once in zip(rows, again, strict=True):
            if once.before is None or once.id in changed:
                differing.append(row)
            else:
                row.assigned.update(once.before)
        if self._script is None:
            for row in differing:
                for key in self.walk.writes:
                    self._narrow(row, key)
        elif self._script.downgrade is not None:
            self._run(self._script.downgrade, differing, {**self.after, **self.before})
        else:
            for row in differing:
                logger.warning("%s: what was changed since in %s is not carried back: the step has no downgrade", row.id,
                               ", ".join(self.walk.writes))

    def _not_as_left(self, again: Sequence[Row]) -> set[uuid.UUID]:
        """The rows that the step would not leave as they are now: somebody changed them, or what they were made from."""
        try:
            self.forwards(again)
        except InvalidInput:
            return {row.id for row in again if self._cannot_take(row) or self._differs(row)}
        return {row.id for row in again if self._differs(row)}

    def _cannot_take(self, row: Row) -> bool:
        """Whether it has got a value since that the step knows nothing to do with."""
        row.assigned.clear()
        try:
            self.forwards([row])
        except InvalidInput:
            return True
        return False

    def _differs(self, once: Row) -> bool:
        """Whether anything is otherwise than the step would leave it."""
        before = once.before or {}
        return any(
            _plain(once.present.get(key)) != _plain(once.assigned.get(key, before.get(key))) for key in self.walk.writes
        )

    def _carry_unassigned(self, row: Row) -> None:
        """A field that gets another type keeps its value where the step says nothing, or the change stops."""
        for key in self._turned:
            if key in row.assigned:
                continue
            before, after = self.before[key], self.after[key]
            value = row[key]
            try:
                text = None if value in _EMPTY else before.type.to_text(before.field, value)
                row.assigned[key] = after.type.parse(after.field, text, ParseContext())
            except InvalidValue as error:
                told = msg("{where} gives {key} of {row} no value, and what it held cannot stay: {error} Give it one, or None to "
                           "leave it empty. Then run xrm schema apply, or take the change back with xrm schema rollback.",
                           where=self._where, key=key, row=f"{self.name_row(row.id)}, {row.given}", error=str(error.message))
                raise InvalidInput([Problem("", told)]) from error

    def _narrow(self, row: Row, key: str) -> None:
        try:
            row.assigned[key] = narrowed(self.after[key], row[key], self.before[key])
        except InvalidInput as error:
            said = "; ".join(str(problem) for problem in error.problems)
            left = "is empty now" if _plain(row.present.get(key)) is None else "keeps its value of before"
            logger.warning("%s of %s %s: %s", key, self.name_row(row.id), left, said)

    def _run(self, work: Work, rows: Sequence[Row], fields: Mapping[str, Kept]) -> None:
        batch, where = Batch(rows), self._where
        try:
            work(batch)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            said = str(error.message) if isinstance(error, XrmError) else f"{type(error).__name__}: {error}"
            frames = traceback.extract_tb(error.__traceback__)
            lines = [one.lineno for one in frames if one.filename.endswith(f"{self.walk.script}.py")]
            row = batch.current
            told = msg("{where}, line {line}, fails at {row}: {error} {then}", where=where, line=lines[-1] if lines else "–",
                       row=f"{self.name_row(row.id)}, {row.given}" if row is not None else "–", error=said.rstrip(".") + ".",
                       then=self._then)
            raise InvalidInput([Problem("", told)]) from error
        for row in rows:
            for key, value in row.assigned.items():
                row.assigned[key] = self._taken(fields[key], value, row, where)

    def _taken(self, kept: Kept, value: Any, row: Row, where: str) -> Any:
        try:
            return kept.type.parse(kept.field, value, ParseContext())
        except InvalidValue as error:
            told = msg("{where} gives {key} of {row} a value it cannot take: {error} {then}", where=where, key=kept.field.key,
                       row=f"{self.name_row(row.id)}, {row.given}", error=str(error.message), then=self._then)
            raise InvalidInput([Problem("", told)]) from error


def _plain(value: Any) -> Any:
    """The value, all that means empty being the same."""
    return None if value in _EMPTY else value


def _turn(before: Kept, after: Kept) -> Any:
    turn = widening(before, after)
    if turn is None:
        told = msg("{key}: {before} cannot become {after} without a data step.", key=after.field.key, before=before.type.name,
                   after=after.type.name)
        raise InvalidInput([Problem(after.field.key, told)])
    return turn
