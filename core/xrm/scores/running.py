# SPDX-License-Identifier: Apache-2.0
"""Computing of scores: each model asked once per type, its rows written in batches, those it no longer gives removed."""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from xrm.access.field_rights import SCORING
from xrm.access.policy import require_everywhere
from xrm.db.upsert import upsert
from xrm.entities.models import entity
from xrm.errors import Message, NotFound, PluginError
from xrm.roles.models import role
from xrm.schema.suggest import unknown
from xrm.scores.contract import ScoreModel, ScoreRow
from xrm.scores.models import score
from xrm.scores.queries import Models, dump_reasons, models_of
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

if TYPE_CHECKING:
    from xrm.jobs.kinds import Job
    from xrm.runtime import Runtime

BATCH = 5000
SYSTEM = system_actor("job")
READER = system_actor(SCORING)
MOST_REASONS = 20
Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class ModelRun:
    """What one model gave: how many scores were written, how many old ones removed; ``failure`` when its plugin failed."""

    model: str
    written: int
    removed: int
    seconds: float
    failure: Message | None = None


def run_models(runtime: Runtime, actor: Actor, model: str | None = None, progress: Progress | None = None) -> list[ModelRun]:
    """Compute all scores anew (of one model). A model that fails keeps its old scores and does not hold up the others.

    Models read as the system: a score is the same whoever has it computed, and is shown only to those who may see it. Since
    these need not see guarded fields, models do not either.

    Raises:
        NotFound: for an unknown model.
        PermissionDenied: without the right to update scores in all departments.
    """
    models = runtime.read(lambda uow: _wanted(uow, model), actor)
    return [_run(runtime, models, key, None, progress or _silent) for key in models.by_key]


def compute_for(runtime: Runtime, ids: Sequence[uuid.UUID], model: str | None = None) -> list[ModelRun]:
    """Compute the scores of these entities and their roles anew, as the system: after they changed."""
    models = runtime.read(lambda uow: _wanted(uow, model), SYSTEM)
    return [_run(runtime, models, key, list(ids), _silent) for key in models.by_key]


def run_scores_job(runtime: Runtime, job: Job) -> Mapping[str, Any]:
    """The job ``run_scores``: all scores anew, or of one ``model``, or of some ``entities``."""
    ids = [uuid.UUID(one) for one in job.payload.get("entities", ())]
    model = job.payload.get("model")
    if ids:
        runs = compute_for(runtime, ids, model)
    else:
        runs = run_models(runtime, SYSTEM, model, lambda _model, _count: job.progress(50))
    failed = next((run for run in runs if run.failure is not None), None)
    if failed is not None and failed.failure is not None:
        raise PluginError(failed.model, failed.failure)
    return {run.model: run.written for run in runs}


def _silent(_model: str, _count: int) -> None:
    """Say nothing."""


def _wanted(uow: UnitOfWork, model: str | None) -> Models:
    require_everywhere(uow, "score:update")
    models = models_of(uow)
    if model is None:
        return models
    if model not in models.by_key:
        raise NotFound(unknown("score model", model, models.by_key))
    return Models({model: models.by_key[model]}, models.plugin_of)


def _run(runtime: Runtime, models: Models, key: str, ids: list[uuid.UUID] | None, progress: Progress) -> ModelRun:
    begun = datetime.now(UTC)
    written = 0
    failure: Message | None = None

    def compute(uow: UnitOfWork) -> None:
        nonlocal written
        for rows in _batches(uow, models.by_key[key], models.plugin_of[key], ids):
            stored = _stored(models.by_key[key], rows, begun)
            runtime.write(partial(_write, stored), SYSTEM)
            written += len(stored)
            progress(key, written)

    try:
        runtime.read(compute, READER)
    except PluginError as error:
        failure = error.message
    removed = 0 if failure else runtime.write(lambda uow: _remove_old(uow, key, ids, begun), SYSTEM)
    return ModelRun(key, written, removed, (datetime.now(UTC) - begun).total_seconds(), failure)


def _write(stored: list[dict[str, Any]], uow: UnitOfWork) -> None:
    upsert(uow.connection, score, stored, newer="computed_at")


def _batches(uow: UnitOfWork, model: ScoreModel, plugin: str, ids: list[uuid.UUID] | None) -> Iterator[list[ScoreRow]]:
    """The rows a model gives, for departments where its plugin is on."""
    is_on: dict[uuid.UUID | None, bool] = {}
    for type_name in model.applies_to:
        if type_name not in uow.registry.entity_types:
            continue
        wanted = ids if ids is None else _of_type(uow, type_name, ids)
        if wanted == []:
            continue
        rows = uow.host.stream(plugin, model.key, lambda: _checked(model, model.compute(uow, type_name, wanted)))  # noqa: B023
        while batch := list(islice(rows, BATCH)):
            for department in {row.department for row in batch} - is_on.keys():
                is_on[department] = any(item.name == plugin for item in uow.host.on_for(department, uow))
            yield [row for row in batch if is_on[row.department]]


def _of_type(uow: UnitOfWork, type_name: str, ids: list[uuid.UUID]) -> list[uuid.UUID]:
    if uow.registry.get(type_name).kind == "role":
        statement = select(role.c.id).where(role.c.type == type_name, role.c.party_id.in_(ids), role.c.deleted_at.is_(None))
    else:
        statement = select(entity.c.id).where(entity.c.type == type_name, entity.c.id.in_(ids), entity.c.deleted_at.is_(None))
    return list(uow.execute(statement).scalars())


def _checked(model: ScoreModel, rows: Iterable[Any]) -> Iterator[ScoreRow]:
    """The rows, if they are some; what is raised here is the plugin's failure."""
    for row in rows:
        if not isinstance(row, ScoreRow):
            raise TypeError(f"{model.key} gave {type(row).__name__} instead of ScoreRow")
        if not math.isfinite(row.value):
            raise ValueError(f"{model.key} gave the value {row.value} for {row.entity}")
        yield row


def _stored(model: ScoreModel, rows: Iterable[ScoreRow], begun: datetime) -> list[dict[str, Any]]:
    stored = {}
    texts: dict[int, str] = {}  # models give the same tuple of reasons to many; it is alive as long as its row
    for row in rows:
        band = model.band_of(row.value)
        one = _key(model.key, row)
        if id(row.reasons) not in texts:
            texts[id(row.reasons)] = dump_reasons(row.reasons[:MOST_REASONS])
        stored[one] = {
            "id": one, "entity_id": row.entity, "role_id": row.role, "department_id": row.department, "model": model.key,
            "value": float(row.value), "band": band.key if band else "", "reasons": texts[id(row.reasons)],
            "model_version": model.version, "computed_at": begun,
        }
    return list(stored.values())


def _key(model: str, row: ScoreRow) -> uuid.UUID:
    """The id of a score says what it is about: computed twice, even by two runs at once, it is one row.

    It begins as the entity's does, in the order in which entities came: rows written together lie together.
    """
    parts = (row.entity, row.role, row.department)
    text = b"".join(part.bytes if part else bytes(16) for part in parts) + model.encode()
    return uuid.UUID(bytes=row.entity.bytes[:6] + hashlib.blake2b(text, digest_size=10).digest())


def _remove_old(uow: UnitOfWork, model: str, ids: list[uuid.UUID] | None, begun: datetime) -> int:
    statement = delete(score).where(score.c.model == model, score.c.computed_at < begun)
    if ids is not None:
        statement = statement.where(score.c.entity_id.in_(ids))
    return uow.execute(statement).rowcount
