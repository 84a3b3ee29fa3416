# SPDX-License-Identifier: Apache-2.0
"""The relationships of an entity in both directions: grouped by what they are called from this side, each with its other end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from xrm.access.policy import allowed
from xrm.folding import fold
from xrm.relationships.groups import Related, RelatedGroup
from xrm.schema.registry import EntityType, RelationshipType
from xrm.unit_of_work import UnitOfWork
from xrm_web.i18n import gettext, language, text_of
from xrm_web.inputs import Action, Face, Option
from xrm_web.navigation import sentence
from xrm_web.periods import period_text
from xrm_web.records.facets import State, state_of
from xrm_web.records.fields import line_of
from xrm_web.value_cells import face_of

FORWARD, REVERSE = "forward", "reverse"


@dataclass(frozen=True)
class LinkRow:
    """One relationship: the other end, its fields in one line, when it holds."""

    id: UUID
    face: Face
    note: str
    period: str
    state: State
    actions: tuple[Action, ...]


@dataclass(frozen=True)
class LinkGroup:
    """All relationships of one kind in one direction; ``more_href`` leads to all when not all are shown."""

    key: str
    label: str
    icon: str
    total: int
    rows: tuple[LinkRow, ...]
    more_href: str = ""


def link_groups(uow: UnitOfWork, groups: Sequence[RelatedGroup], path: str) -> list[LinkGroup]:
    """The groups ready to draw, most numerous last, so that the few important ones are seen first."""
    return [_group(uow, group, path) for group in sorted(groups, key=lambda one: (one.total > len(one.items), one.type))]


def direction_label(found: RelationshipType, *, is_forward: bool) -> str:
    """What the relationship is called from this side, in the reader's language."""
    declared = found.declaration
    return text_of(declared.forward if is_forward or declared.symmetric else declared.reverse)


def direction_options(uow: UnitOfWork, entity_type: EntityType) -> tuple[Option, ...]:
    """What the actor may relate this entity by: ``<type>:<direction>`` with the words of that direction."""
    found: list[Option] = []
    for name, one in uow.registry.relationship_types.items():
        declared = one.declaration
        if not allowed(uow, f"{name}:link"):
            continue
        forward = uow.registry.is_end(declared.source, entity_type.name)
        reverse = uow.registry.is_end(declared.target, entity_type.name)
        if forward or (declared.symmetric and reverse):
            found.append(Option(f"{name}:{FORWARD}", direction_label(one, is_forward=True)))
        if reverse and not declared.symmetric:
            found.append(Option(f"{name}:{REVERSE}", direction_label(one, is_forward=False)))
    return tuple(sorted(found, key=lambda option: fold(option.label)))


def _group(uow: UnitOfWork, group: RelatedGroup, path: str) -> LinkGroup:
    found = uow.registry.get_relationship(group.type)
    direction = FORWARD if group.is_forward else REVERSE
    key = f"{group.type}:{direction}"
    return LinkGroup(
        key=key,
        label=sentence(direction_label(found, is_forward=group.is_forward)),
        icon=found.declaration.icon or "link",
        total=group.total,
        rows=tuple(_row(uow, found, item, path) for item in group.items),
        more_href=f"{path}/relationships?kind={key}" if group.total > len(group.items) else "",
    )


def _row(uow: UnitOfWork, found: RelationshipType, item: Related, path: str) -> LinkRow:
    state = state_of(item.valid_from, item.valid_until, uow.today)
    return LinkRow(
        id=item.id,
        face=face_of(uow.registry, item.other),
        note=line_of(found, item.fields, language()),
        period=period_text(item.valid_from, item.valid_until, uow.today),
        state=state,
        actions=_actions(uow, found, item, state, path),
    )


def _actions(uow: UnitOfWork, found: RelationshipType, item: Related, state: State, path: str) -> tuple[Action, ...]:
    if not allowed(uow, f"{found.name}:link", item.department):
        return ()
    here = f"{path}/relationships/{item.id}"
    actions = [Action(label=gettext("Correct"), href=f"{here}/edit", icon="pencil")]
    if state != "ended":
        actions.append(Action(label=gettext("End…"), href=f"{here}/end", icon="calendar-clock"))
    actions.append(Action(label=gettext("Remove: entered by mistake"), href=f"{here}/remove", icon="unlink", post=True, bad=True))
    return tuple(actions)
