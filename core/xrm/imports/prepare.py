# SPDX-License-Identifier: Apache-2.0
"""From a row's plan to what has to be written: checked against the declarations, compared with what is there."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from xrm.entities.drafts import situation_of
from xrm.entities.service import prepare as prepare_entity
from xrm.errors import InvalidInput, Problem, msg
from xrm.imports.attachments import Attachments
from xrm.imports.places import Places
from xrm.imports.plan import End, FieldValues, Key, RolePlan, RowPlan, ThingPlan
from xrm.imports.present import Present
from xrm.imports.work import RoleChange, RowWork
from xrm.roles.service import prepare as prepare_role
from xrm.schema.fields.base import InvalidValue
from xrm.schema.fields.dates import read_date
from xrm.schema.registry import EntityType
from xrm.schema.validation import validate_change
from xrm.unit_of_work import UnitOfWork


class WaitsFor(Exception):
    """A row refers to what is not there yet."""

    def __init__(self, keys: tuple[Key, ...]) -> None:
        self.keys = keys
        super().__init__(keys)


class placed:  # noqa: N801  # reads as a word of the with statement; a generator would cost more, several times a row
    """Problems inside carry the part of the mapping they belong to."""

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, InvalidInput):
            problems = [Problem(f"{self._path}.{one.path}".rstrip("."), one.message, one.where) for one in error.problems]
            raise InvalidInput(problems) from error
        if isinstance(error, InvalidValue):
            raise InvalidInput([Problem(self._path, error.message)]) from error


@dataclass
class RowPreparation:
    """Makes the work of the rows of one batch. ``coming`` are the ids of things that rows of this batch bring."""

    uow: UnitOfWork
    present: Present
    places: Places
    coming: Mapping[Key, uuid.UUID]
    attachments: Attachments = field(init=False)

    def __post_init__(self) -> None:
        """Set out what all rows share."""
        self.attachments = Attachments(self.uow, self.present, self.places)

    def prepare(self, position: int, plan: RowPlan, new_ids: Mapping[str, uuid.UUID]) -> RowWork:
        """What has to be written for one row.

        Raises:
            XrmError: when the row cannot be taken.
            WaitsFor: when it refers to what is not there yet.
        """
        work = RowWork()
        ids: dict[str, uuid.UUID] = {}
        problems: list[Problem] = []
        for name, thing in plan.things.items():
            try:
                with placed(name):
                    ids[name] = self._thing(work, (position, name), thing, new_ids[name], ids)
            except InvalidInput as error:
                problems += error.problems
                ids[name] = new_ids[name]
        problems += self._points(work, plan, ids, new_ids)
        if problems:
            raise InvalidInput(problems)
        if waiting := [key for key in plan.needed_keys if key not in self.present.ids and key not in self.coming]:
            raise WaitsFor(tuple(sorted(waiting)))
        self._relationships(work, plan, ids)
        for item in plan.interactions:
            with placed(item.spec.interaction):
                self.attachments.add_interaction(work, item, [self._far(end, ids) for end in item.participants])
        return work

    def _points(
        self, work: RowWork, plan: RowPlan, ids: Mapping[str, uuid.UUID], new_ids: Mapping[str, uuid.UUID]
    ) -> list[Problem]:
        problems: list[Problem] = []
        for name, thing in plan.things.items():
            if thing.points:
                try:
                    with placed(name):
                        self.attachments.add_points(work, thing, ids[name], is_new=ids[name] == new_ids[name])
                except InvalidInput as error:
                    problems += error.problems
        return problems

    def _relationships(self, work: RowWork, plan: RowPlan, ids: Mapping[str, uuid.UUID]) -> None:
        for link in plan.relationships:
            with placed(link.spec.relationship):
                dates = self.dates(valid_from=link.valid_from, valid_until=link.valid_until)
                values = self.raw(link.values, ids)
                ends = (self._far(link.source, ids), self._far(link.target, ids))
                self.attachments.add_relationship(work, link, ends, values, dates)

    def _far(self, end: End, ids: Mapping[str, uuid.UUID]) -> uuid.UUID:
        if end.key is None:
            return ids[end.thing]
        found = self.present.ids.get(end.key)
        return found if found is not None else self.coming[end.key]

    def _thing(
        self, work: RowWork, place: tuple[int, str], thing: ThingPlan, new_id: uuid.UUID, ids: Mapping[str, uuid.UUID]
    ) -> uuid.UUID:
        refused = self.present.refused.get(place)
        if refused is not None:
            raise refused
        existing = self._find(place, thing)
        raw = self.raw(thing.values, ids)
        if existing is None:
            home = self.places.home(thing.spec.department)
            draft = prepare_entity(self.uow, thing.spec.type, raw, department=home, identifiers=thing.identifiers)
            draft.id = new_id
            work.drafts.append((thing.spec.name, draft))
        else:
            raw.update(dict.fromkeys(thing.values.cleared))
            declared = self.uow.registry.get(thing.spec.type)
            if self.differs(declared, raw, self.present.values[existing]):
                work.changes.append((existing, thing.spec.type, raw))
            work.identifiers += [(key, existing) for key in thing.keys if key not in self.present.ids]
        one = existing or new_id
        for held in thing.roles:
            with placed(held.spec.role):
                self._role(work, held, one, self.raw(held.values, ids), is_new=existing is None)
        return one

    def _find(self, place: tuple[int, str], thing: ThingPlan) -> uuid.UUID | None:
        found = {key: self.present.ids[key] for key in thing.keys if key in self.present.ids}
        if len(set(found.values())) > 1:
            raise InvalidInput(msg("Its identifiers belong to different entities: {keys}. Merge them, or mend the keys.",
                                   keys=", ".join(" ".join(key) for key in found)))
        one = next(iter(found.values()), None) or self.present.matched.get(place)
        if one is not None and self.present.entities[one].type != thing.spec.type:
            row = self.present.entities[one]
            raise InvalidInput(msg("{key} is {title}, of type {type}; the mapping says {wanted}.", title=row.title, type=row.type,
                                   key=" ".join(next(iter(found), ())), wanted=thing.spec.type))
        return one

    def _role(self, work: RowWork, held: RolePlan, party: uuid.UUID, raw: dict[str, Any], *, is_new: bool) -> None:
        department = self.places.home(held.spec.department)
        dates = self.dates(since=held.since, until=held.until)
        known = None if is_new else self.present.roles.get((party, held.spec.role, department))
        row = _same_period(known, dates.get("since"), "since", "until") if known else None
        if row is None:
            work.roles.append(prepare_role(self.uow, party, held.spec.role, raw, department=department, **dates))
            return
        raw.update(dict.fromkeys(held.values.cleared))
        changed = {key: day for key, day in dates.items() if getattr(row, key) != day}
        if changed or self.differs(self.uow.registry.get(held.spec.role), raw, self.present.values[row.id]):
            work.role_changes.append(RoleChange(row.id, held.spec.role, raw, changed))

    def differs(self, declared: EntityType, raw: Mapping[str, Any], current: Mapping[str, Any]) -> bool:
        """Whether these raw values would change anything."""
        if not raw:
            return False
        if raw.keys() & self.uow.registry.guards.get(declared.name, {}).keys():
            return True  # whether it is equal is told by the service alone, to those who may write it
        return bool(validate_change(declared, raw, current, situation_of(self.uow, declared)))

    def raw(self, values: FieldValues, ids: Mapping[str, uuid.UUID]) -> dict[str, Any]:
        """The values of a plan with links led to their ids.

        Raises:
            WaitsFor: when a link leads to what is not there yet.
        """
        found = dict(values.filled)
        for key, end in values.links.items():
            if end.key is None:
                if end.thing in ids:
                    found[key] = ids[end.thing]
            elif end.key in self.present.ids:
                found[key] = self.present.ids[end.key]
            else:
                raise WaitsFor((end.key,))
        return found

    def dates(self, **given: Any) -> dict[str, Any]:
        """The days among these raw values; empty ones are left out."""
        found: dict[str, Any] = {}
        for key, raw in given.items():
            if raw is None:
                continue
            with placed(key):
                day = read_date(raw, self.uow.parse_context)
            if day is not None:
                found[key] = day
        return found


def _same_period(rows: list[Any], begin: date | None, begins: str, ends: str) -> Any:
    """The row that is meant: with a first day the one of that day, or an open one without; else the open or latest one."""
    if begin is not None:
        same = [row for row in rows if getattr(row, begins) == begin]
        same += [row for row in rows if getattr(row, begins) is None and getattr(row, ends) is None]
        return same[0] if same else None
    ranked = sorted(rows, key=lambda row: (getattr(row, ends) is None, getattr(row, ends) or date.min))
    return ranked[-1] if ranked else None
