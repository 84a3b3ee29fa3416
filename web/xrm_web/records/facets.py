# SPDX-License-Identifier: Apache-2.0
"""The roles of a party side by side: what it is to each department, since when, with its own highlights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from urllib.parse import urlencode
from uuid import UUID

from xrm.access.policy import allowed
from xrm.departments.queries import get_tree
from xrm.roles.queries import Role
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork
from xrm_web.i18n import gettext, text_of
from xrm_web.inputs import Action, Option, RoleChip
from xrm_web.navigation import list_path, sentence
from xrm_web.periods import period_text
from xrm_web.records.fields import FieldSection, Pair, highlights_of, sections_of
from xrm_web.value_cells import Titles

State = Literal["open", "ended", "future"]


@dataclass(frozen=True)
class Facet:
    """One role as a card."""

    id: UUID
    chip: RoleChip
    department: str
    period: str
    owner: str
    state: State
    stage: Option | None
    highlights: tuple[Pair, ...]
    sections: tuple[FieldSection, ...]
    actions: tuple[Action, ...]


def facets_of(uow: UnitOfWork, roles: Sequence[Role], titles: Titles, path: str) -> list[Facet]:
    """All roles as cards: open ones first, then those to come, then those that are over."""
    order = {"open": 0, "future": 1, "ended": 2}
    found = [_facet(uow, role, titles, path) for role in roles]
    return sorted(found, key=lambda one: order[one.state])


def chips_of(facets: Sequence[Facet]) -> tuple[RoleChip, ...]:
    """One chip for each role type of a party; one that is only over is drawn as outline."""
    chips: dict[str, RoleChip] = {}
    for facet in facets:
        chips.setdefault(facet.chip.label, facet.chip)
    return tuple(chips.values())


def state_of(since: date | None, until: date | None, today: date) -> State:
    """Whether a period holds today, is over, or is yet to come."""
    if until is not None and until <= today:
        return "ended"
    return "future" if since is not None and since > today else "open"


def addable_roles(uow: UnitOfWork, party_type: str) -> list[EntityType]:
    """The roles that the actor may give to a party of this type."""
    return [item for item in uow.registry.roles_of(party_type) if allowed(uow, f"{item.name}:create")]


def _facet(uow: UnitOfWork, role: Role, titles: Titles, path: str) -> Facet:
    role_type = uow.registry.get(role.type)
    state = state_of(role.since, role.until, uow.today)
    label = sentence(text_of(role_type.label.one))
    stages = role_type.declaration.stages
    href = f"#role-{role.id}"
    chip = RoleChip(label, role_type.declaration.color or "slate", role_type.declaration.icon, href, ended=state == "ended")
    may_edit = allowed(uow, f"{role.type}:update", role.department, owner=role.owner)
    return Facet(
        id=role.id,
        chip=chip,
        department=get_tree(uow).by_id[role.department].name,
        period=period_text(role.since, role.until, uow.today),
        owner=role.owner_name,
        state=state,
        # A role that is over no longer "is active": its last status stands among its fields.
        stage=_stage(role_type, role) if state != "ended" else None,
        highlights=highlights_of(uow, role_type, role.fields, titles, but=(stages.field,) if stages else ()),
        sections=sections_of(uow, role_type, role_type.declaration.page, role.fields, titles),
        actions=_actions(uow, role, state, path, may_edit=may_edit),
    )


def _stage(role_type: EntityType, role: Role) -> Option | None:
    stages = role_type.declaration.stages
    key = role.fields.get(stages.field) if stages else None
    if stages is None or key is None:
        return None
    choice = next((one for one in role_type.fields[stages.field].choices if one.key == key), None)
    return Option(key, text_of(choice.label), choice.tone) if choice else None


def _actions(uow: UnitOfWork, role: Role, state: State, path: str, *, may_edit: bool) -> tuple[Action, ...]:
    here = f"{path}/roles/{role.id}"
    found = []
    if may_edit:
        form = f"{list_path(uow.registry.get(role.type))}/{role.id}/edit?{urlencode({'back': path})}"
        found.append(Action(label=gettext("Edit"), href=form, icon="pencil"))
        if state != "ended":
            found.append(Action(label=gettext("End…"), href=f"{here}/end", icon="calendar-clock"))
    if state == "ended" and allowed(uow, f"{role.type}:create", role.department):
        found.append(Action(label=gettext("Start again…"), href=f"{here}/again", icon="rotate-ccw"))
    if allowed(uow, f"{role.type}:delete", role.department, owner=role.owner):
        label = gettext("Delete: entered by mistake")
        found.append(Action(label=label, href=f"{here}/delete", icon="trash-2", post=True, bad=True))
    return tuple(found)
