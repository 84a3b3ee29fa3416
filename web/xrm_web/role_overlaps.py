# SPDX-License-Identifier: Apache-2.0
"""A role that would hold twice at the same time: said before it is saved, with both periods, and saved only when confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from xrm.departments.queries import get_tree
from xrm.errors import InvalidInput, Problem, msg
from xrm.roles.queries import Role, list_roles_of
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork
from xrm_web.form_inputs import Sent
from xrm_web.i18n import gettext, text_of
from xrm_web.inputs import FieldInput
from xrm_web.periods import period_text

ANYWAY = "_anyway"


@dataclass(frozen=True)
class Wanted:
    """The role that somebody wants to start."""

    party: UUID
    type: EntityType
    department: UUID
    since: date | None
    until: date | None
    values: Mapping[str, object]


def check_overlap(uow: UnitOfWork, wanted: Wanted, sent: Sent, *, path: str) -> None:
    """Nothing, unless the party has the same role there in a part of that time and the form does not say to go on.

    Two accounts of one customer differ by their numbers: roles whose distinguishing texts differ may overlap.

    Raises:
        InvalidInput: with both periods at ``path``, and at the box that confirms it.
    """
    found = next((one for one in list_roles_of(uow, wanted.party, all_periods=True) if _overlaps(one, wanted)), None)
    if found is None or sent.get(ANYWAY):
        return
    here = period_text(wanted.since, wanted.until, uow.today) or gettext("always")
    there = period_text(found.since, found.until, uow.today) or gettext("always")
    department = get_tree(uow).by_id[found.department].name
    text = msg(
        "The same role is there already in this time: {role}, {department}, {there}; this one: {here}. Change the dates here, "
        "end the other one first, or confirm below.",
        role=text_of(wanted.type.label.one), department=department, there=there, here=here,
    )
    raise InvalidInput([Problem(path, text), Problem(ANYWAY, msg("Tick this if both are right."))])


def confirmation(sent: Sent | None, errors: Mapping[str, Sequence[str]]) -> list[FieldInput]:
    """The box that confirms an overlap, once there is one to confirm."""
    ticked = bool(sent is not None and sent.get(ANYWAY))
    if ANYWAY not in errors and not ticked:
        return []
    return [
        FieldInput(
            name=ANYWAY, kind="checkbox", label=gettext("Both hold at the same time: save it anyway"),
            value="true" if ticked else "", required=True, errors=tuple(errors.get(ANYWAY, ())), wide=True,
        )
    ]


def mark_of(role_type: EntityType, values: Mapping[str, object]) -> str:
    """What names a role best among its kind, such as a customer number; empty when it has nothing of the sort."""
    keys = [key for key, one in role_type.fields.items() if one.type == "text" and one.search == "strong"]
    return next((text for key in keys if (text := str(values.get(key) or "").strip())), "")


def _overlaps(role: Role, wanted: Wanted) -> bool:
    if role.type != wanted.type.name or role.department != wanted.department:
        return False
    marks = {mark_of(wanted.type, role.fields), mark_of(wanted.type, wanted.values)} - {""}
    if len(marks) > 1:
        return False
    return _before(role.since, wanted.until) and _before(wanted.since, role.until)


def _before(begin: date | None, end: date | None) -> bool:
    return begin is None or end is None or begin < end
