# SPDX-License-Identifier: Apache-2.0
"""What a form for something new is checked for before anything is written: the entity and its contact points together."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from xrm.contact_points.service import prepare as prepare_contact_point
from xrm.entities.drafts import EntityDraft
from xrm.entities.service import prepare
from xrm.errors import InvalidInput, Problem
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork
from xrm_web.form_inputs import Sent

CONTACTS = (("_email", "email"), ("_phone", "phone"))


def checked_draft(
    uow: UnitOfWork, entity_type: EntityType, raw: Mapping[str, object], department: UUID, sent: Sent
) -> EntityDraft:
    """The entity as it would be written; all that is wrong with it and with its contact points is said at once.

    Raises:
        InvalidInput: with each problem at its input.
    """
    problems: list[Problem] = []
    for name, kind in CONTACTS if entity_type.kind == "party" else ():
        text = sent.get(name, "").strip()
        try:
            if text:
                prepare_contact_point(uow, UUID(int=0), kind, text)
        except InvalidInput as error:
            problems += [Problem(name, one.message) for one in error.problems]
    try:
        draft = prepare(uow, entity_type.name, raw, department=department)
    except InvalidInput as error:
        raise InvalidInput([*error.problems, *problems]) from error
    if problems:
        raise InvalidInput(problems)
    return draft
