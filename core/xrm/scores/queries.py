# SPDX-License-Identifier: Apache-2.0
"""Reads of scores: those of visible entities and roles, of departments whose scores the actor may read."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, or_, select

from xrm.access.policy import visible_entity, visible_role, visible_row
from xrm.departments.activation import belongs_to_on
from xrm.departments.queries import get_tree
from xrm.entities.models import entity
from xrm.errors import Message
from xrm.roles.models import role
from xrm.schema.model import Label
from xrm.scores.contract import Band, Reason, ScoreModel
from xrm.scores.models import score
from xrm.unit_of_work import UnitOfWork

CHUNK = 500


@dataclass(frozen=True)
class Score:
    """A stored score with its model; ``band`` is None below the lowest, ``is_current``: that model's present version made it."""

    id: uuid.UUID
    entity: uuid.UUID
    role: uuid.UUID | None
    department: uuid.UUID | None
    model: ScoreModel
    value: float
    band: Band | None
    reasons: tuple[Reason, ...]
    model_version: str
    computed_at: datetime
    is_current: bool = True
    department_name: str = ""


@dataclass(frozen=True)
class Models:
    """The score models that plugins registered, by key; ``plugin_of`` says whose each is."""

    by_key: dict[str, ScoreModel] = field(default_factory=dict)
    plugin_of: dict[str, str] = field(default_factory=dict)


def models_of(uow: UnitOfWork, type_name: str = "") -> Models:
    """The score models of the plugins that are on (that score this entity type)."""
    found = [
        (item.value, item.plugin) for item in uow.host.contributed("register_score_models")
        if not type_name or type_name in item.value.applies_to
    ]
    return Models({model.key: model for model, _ in found}, {model.key: plugin for model, plugin in found})


def visible_score(uow: UnitOfWork) -> ColumnElement[bool]:
    """The SQL condition that a row of ``score`` may be seen, joined to its ``entity``."""
    roles = [item.name for item in uow.registry.of_kind("role")]
    of_role = exists(select(1).where(role.c.id == score.c.role_id, visible_role(uow, roles)))
    on = belongs_to_on(uow, models_of(uow).plugin_of, score.c.model, score.c.department_id)
    return and_(
        visible_row(uow, "score", score.c.department_id), visible_entity(uow), or_(score.c.role_id.is_(None), of_role), on
    )


def list_scores(uow: UnitOfWork, entity_id: uuid.UUID) -> list[Score]:
    """All visible scores of an entity and of its roles, by model; empty when the actor may not see the entity."""
    found = [one for scores in _load(uow, [entity_id], score.c.entity_id == entity_id).values() for one in scores]
    return sorted(found, key=lambda one: (one.model.key, str(one.department or ""), str(one.role or "")))


def scores_for(uow: UnitOfWork, ids: Iterable[uuid.UUID], model: str) -> dict[uuid.UUID, Score]:
    """The visible score by one model of each of these entities (or roles), for a column of a list: one SELECT for 500 rows.

    Of several (one for each department the actor may read) it is the one that all share, else the highest.
    """
    wanted = sorted(set(ids))
    found: dict[uuid.UUID, Score] = {}
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        condition = and_(
            score.c.model == model,
            or_(and_(score.c.entity_id.in_(part), score.c.role_id.is_(None)), score.c.role_id.in_(part)),
        )
        for one, scores in _load(uow, part, condition).items():
            found[one] = max(scores, key=lambda item: (item.department is None, item.value))
    return found


def _load(uow: UnitOfWork, ids: list[uuid.UUID], condition: ColumnElement[bool]) -> dict[uuid.UUID, list[Score]]:
    """Scores by the id that was asked for: the role's, or the entity's."""
    models = models_of(uow).by_key
    statement = select(score).join(entity, entity.c.id == score.c.entity_id).where(condition, visible_score(uow))
    found: dict[uuid.UUID, list[Score]] = {}
    for row in uow.execute(statement):
        if row.model in models:
            key = row.role_id if row.role_id in ids else row.entity_id
            found.setdefault(key, []).append(_score(uow, row, models[row.model]))
    return found


def _score(uow: UnitOfWork, row: Row[Any], model: ScoreModel) -> Score:
    place = get_tree(uow).by_id.get(row.department_id) if row.department_id else None
    return Score(
        row.id, row.entity_id, row.role_id, row.department_id, model, row.value,
        next((band for band in model.bands if band.key == row.band), None), load_reasons(row.reasons), row.model_version,
        row.computed_at, row.model_version == model.version, place.name if place else "",
    )


def dump_reasons(reasons: Iterable[Reason]) -> str:
    """Reasons as they are stored: sentences with their places, or in both languages."""
    return json.dumps([_dump(reason) for reason in reasons], ensure_ascii=False, default=str)


def _dump(reason: Reason) -> dict[str, Any]:
    if isinstance(reason.message, Label):
        return {"texts": dict(reason.message.texts), "weight": reason.weight}
    return {"text": reason.message.text, "params": reason.message.params, "weight": reason.weight}


def load_reasons(stored: str) -> tuple[Reason, ...]:
    """What ``dump_reasons`` made."""
    return tuple(
        Reason(Label(item["texts"]) if "texts" in item else Message(item["text"], item["params"]), item["weight"])
        for item in json.loads(stored)
    )
