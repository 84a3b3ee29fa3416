# SPDX-License-Identifier: Apache-2.0
"""What hangs on the things of a row: addresses, relationships, interactions; each only if it is not there yet."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from xrm.contact_points.kinds import read_value
from xrm.contact_points.service import ContactPointDraft
from xrm.entities.drafts import situation_of
from xrm.errors import InvalidInput, Problem, msg
from xrm.imports.places import Places
from xrm.imports.plan import InteractionPlan, PointPlan, RelationshipPlan, ThingPlan
from xrm.imports.present import Present, interaction_id
from xrm.imports.work import RoleChange, RowWork
from xrm.interactions.service import InteractionDraft
from xrm.relationships.batch import RelationshipDraft
from xrm.schema.fields.base import InvalidValue, ParseContext
from xrm.schema.fields.countries import read_country
from xrm.schema.fields.dates import read_moment
from xrm.schema.validation import validate_change, validate_new
from xrm.unit_of_work import UnitOfWork

_TEXTS = ("subject", "body", "outcome")


class Attachments:
    """Adds to the work of the rows of one batch."""

    def __init__(self, uow: UnitOfWork, present: Present, places: Places) -> None:
        self._uow = uow
        self._present = present
        self._places = places
        self._types = uow.host.field_types()
        self._contexts: dict[str, ParseContext] = {}

    def add_points(self, work: RowWork, thing: ThingPlan, owner: uuid.UUID, *, is_new: bool) -> None:
        """The addresses of a thing that it never had; one that was ended stays ended.

        Raises:
            InvalidInput: for a value that cannot be one.
        """
        for point in thing.points:
            here = self._uow.parse_context if point.country is None else self._in_country(point, point.country)
            try:
                reading = read_value(self._types, point.spec.kind, point.value, here, lenient=point.spec.lenient)
            except InvalidInput as error:
                raise InvalidInput([Problem(point.spec.kind, one.message) for one in error.problems]) from error
            if is_new or (owner, point.spec.kind, reading.normalized) not in self._present.points:
                draft = ContactPointDraft(owner, point.spec.kind, reading, point.spec.label, preferred=point.spec.preferred)
                work.points.append(draft)

    def _in_country(self, point: PointPlan, written: str) -> ParseContext:
        found = self._contexts.get(written)
        if found is None:
            context = self._uow.parse_context
            try:
                found = replace(context, country=read_country(written) or context.country)
            except InvalidValue as error:
                raise InvalidInput([Problem(point.spec.country_from, error.message)]) from error
            self._contexts[written] = found
        return found

    def add_relationship(
        self, work: RowWork, plan: RelationshipPlan, ends: tuple[uuid.UUID, uuid.UUID], raw: dict[str, Any],
        dates: Mapping[str, date],
    ) -> None:
        """The relationship between two entities, or what differs from the one that is there.

        Raises:
            InvalidInput: with each problem at its field.
        """
        declared = self._uow.registry.get_relationship(plan.spec.relationship)
        source, target = sorted(ends) if declared.declaration.symmetric else ends
        known = self._present.relationships.get((declared.name, source, target), [])
        row = _meant(known, dates.get("valid_from"))
        if row is None:
            validate_new(declared, raw, situation_of(self._uow))
            begin, end = dates.get("valid_from"), dates.get("valid_until")
            work.relationships.append(RelationshipDraft(declared.name, *ends, begin, end, values=raw))
            return
        raw.update(dict.fromkeys(plan.values.cleared))
        changed = {key: day for key, day in dates.items() if getattr(row, key) != day}
        if changed or (raw and validate_change(declared, raw, self._present.values.get(row.id, {}), situation_of(self._uow))):
            work.relationship_changes.append(RoleChange(row.id, declared.name, raw, changed))

    def add_interaction(self, work: RowWork, plan: InteractionPlan, people: Sequence[uuid.UUID]) -> None:
        """The interaction of this identifier, or its texts where they differ.

        Raises:
            InvalidInput: for a moment that cannot be read.
        """
        one = interaction_id(plan.key)
        known = self._present.interactions.get(one)
        if known is not None:
            before = {key: getattr(known, key) for key in _TEXTS}
            texts = before | {key: str(text) for key, text in plan.texts.items() if key in _TEXTS}
            if texts != before and known.deleted_at is None:
                work.interaction_changes.append((one, plan.spec.interaction, texts))
            return
        texts = {key: str(text) for key, text in plan.texts.items() if key != "at"}
        try:
            moment = read_moment(plan.texts.get("at"), self._uow.parse_context)
        except InvalidValue as error:
            raise InvalidInput([Problem("at", error.message)]) from error
        if not people:
            raise InvalidInput([Problem("participants", msg("Name at least one participant, each once."))])
        department = self._places.home(plan.spec.department)
        draft = InteractionDraft(plan.spec.interaction, department, tuple(dict.fromkeys(people)), at=moment, id=one, **texts)
        work.interactions.append(draft)


def _meant(rows: Sequence[Any], begin: date | None) -> Any:
    same = [row for row in rows if begin is None or row.valid_from in (begin, None)]
    return max(same, key=lambda row: (row.valid_until is None, row.valid_until or date.min), default=None)
