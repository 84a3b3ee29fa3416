# SPDX-License-Identifier: Apache-2.0
"""What is to be written for one row, and how it ended."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xrm.contact_points.service import ContactPointDraft
from xrm.entities.drafts import EntityDraft
from xrm.errors import Problem
from xrm.imports.plan import Key, RowPlan
from xrm.imports.report import Outcome
from xrm.interactions.service import InteractionDraft
from xrm.relationships.batch import RelationshipDraft
from xrm.roles.service import RoleDraft

Written = tuple[str, str]  # kind, created or updated


@dataclass(slots=True)
class RoleChange:
    """Fields and dates of a role that differ."""

    id: uuid.UUID
    type: str
    values: Mapping[str, Any]
    dates: Mapping[str, Any]


@dataclass(slots=True)
class RowWork:
    """All writes of one row; nothing in it means that the row says nothing new."""

    drafts: list[tuple[str, EntityDraft]] = field(default_factory=list)  # name of the thing in the mapping, draft
    changes: list[tuple[uuid.UUID, str, Mapping[str, Any]]] = field(default_factory=list)  # entity, type, raw values
    identifiers: list[tuple[Key, uuid.UUID]] = field(default_factory=list)
    roles: list[RoleDraft] = field(default_factory=list)
    role_changes: list[RoleChange] = field(default_factory=list)
    points: list[ContactPointDraft] = field(default_factory=list)
    relationships: list[RelationshipDraft] = field(default_factory=list)
    relationship_changes: list[RoleChange] = field(default_factory=list)
    interactions: list[InteractionDraft] = field(default_factory=list)
    interaction_changes: list[tuple[uuid.UUID, str, Mapping[str, str]]] = field(default_factory=list)

    def outcome(self, first: str) -> Outcome:
        """What the row did: ``created`` when its first thing (or, without things, an interaction or relationship) is new."""
        if any(name == first for name, _ in self.drafts) or (not first and (self.interactions or self.relationships)):
            return "created"
        written = (
            self.drafts, self.changes, self.identifiers, self.roles, self.role_changes, self.points, self.relationships,
            self.relationship_changes, self.interactions, self.interaction_changes,
        )
        return "updated" if any(written) else "unchanged"

    def written(self) -> list[Written]:
        """(kind, created or updated) of each thing."""
        found = [(draft.type.name, "created") for _, draft in self.drafts]
        found += [(draft.type.name, "created") for draft in self.roles]
        found += [("contact_point", "created")] * len(self.points)
        if self.relationships or self.interactions:
            found += [(link.type, "created") for link in self.relationships]
            found += [(draft.kind, "created") for draft in self.interactions]
        if self.changes or self.role_changes or self.relationship_changes or self.interaction_changes:
            found += [(name, "updated") for _, name, _ in (*self.changes, *self.interaction_changes)]
            found += [(change.type, "updated") for change in (*self.role_changes, *self.relationship_changes)]
        return found


@dataclass(slots=True)
class RowEnd:
    """How a row ended: with an outcome, or with the identifiers it waits for."""

    plan: RowPlan
    outcome: Outcome
    problems: tuple[Problem, ...] = ()
    waits_for: tuple[Key, ...] = ()
    written: Sequence[Written] = ()
