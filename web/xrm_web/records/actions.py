# SPDX-License-Identifier: Apache-2.0
"""What can be done with an entity from its head: one main thing, the rest in a menu."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from xrm.access.policy import allowed
from xrm.entities.queries import Entity
from xrm.sharing.queries import may_share
from xrm.unit_of_work import UnitOfWork
from xrm_web.i18n import gettext
from xrm_web.inputs import Action
from xrm_web.records.facets import addable_roles
from xrm_web.records.plugins import action_entry, offered_actions
from xrm_web.records.stages import StagePath


def head_actions(
    uow: UnitOfWork, entity: Entity, departments: Collection[UUID], path: str, stages: StagePath | None, *, may_update: bool
) -> tuple[Action | None, tuple[Action, ...]]:
    """The main action (the next stage, else editing) and the entries of the menu."""
    edit = Action(label=gettext("Edit"), href=f"{path}/edit", icon="pencil", key="e") if may_update else None
    main = edit
    entries: list[Action] = []
    if stages is not None and stages.next is not None and may_update:
        main = Action(
            label=gettext("Move to “%(stage)s”", stage=stages.next.label), href=f"{path}/stage", icon="arrow-right", post=True,
            fields={"stage": stages.next.value, "version": entity.version},
        )
        entries += [edit] if edit else []
    entries += [action_entry(uow, offered, path) for offered in offered_actions(uow, entity, departments)]
    is_party = uow.registry.get(entity.type).kind == "party"
    if is_party and addable_roles(uow, entity.type):
        entries.append(Action(label=gettext("Add role…"), href=f"{path}/roles/add", icon="plus"))
    if any(allowed(uow, f"{name}:link") for name in uow.registry.relationship_types):
        entries.append(Action(label=gettext("Add relationship…"), href=f"{path}/relationships/add", icon="link"))
    entries.append(Action(label=gettext("History"), href=f"{path}/history", icon="history"))
    if may_share(uow, entity.type, set(departments), entity.owner):
        entries.append(Action(label=gettext("Share…"), href=f"{path}/share", icon="users"))
    if allowed(uow, f"{entity.type}:delete", entity.department, owner=entity.owner):
        entries.append(
            Action(label=gettext("Move to the recycle bin"), href=f"{path}/delete", icon="trash-2", post=True, bad=True,
                   fields={"version": entity.version})
        )
    return main, tuple(entries)
