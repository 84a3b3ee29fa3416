# SPDX-License-Identifier: Apache-2.0
"""The path of a record: where it stands, where it may go, and what each move asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xrm.schema.model import Stages
from xrm.schema.registry import EntityType
from xrm_web.i18n import text_of
from xrm_web.inputs import Option


@dataclass(frozen=True)
class StagePath:
    """The steps as (key, label, state, may move there); ``others`` are the ends one may also go to, such as lost."""

    label: str
    steps: tuple[tuple[str, str, str, bool], ...]
    others: tuple[Option, ...]
    current: Option | None
    next: Option | None


def stage_path(entity_type: EntityType, values: Mapping[str, Any], *, may_move: bool) -> StagePath | None:
    """The path of an entity, or None when its type has no stages. Ends with a bad tone stand beside the path, not on it."""
    stages = entity_type.declaration.stages
    if stages is None:
        return None
    field = entity_type.fields[stages.field]
    current = values.get(stages.field)
    known = [one for one in field.choices if not one.retired or one.key == current]
    options = {one.key: Option(one.key, text_of(one.label), one.tone) for one in known}
    allowed = moves_from(stages, current, tuple(options)) if may_move else ()
    main = [one for one in options.values() if one.tone != "bad" or one.value == current]
    order = [one.value for one in main]
    at = order.index(current) if current in order else -1
    behind = _passed(stages, order, at)
    steps = tuple(
        (one.value, one.label, "current" if one.value == current else "done" if one.value in behind else "", one.value in allowed)
        for one in main
    )
    ahead = next((one for one in main[at + 1 :] if one.value in allowed), None)
    others = tuple(one for one in options.values() if one not in main and one.value in allowed)
    return StagePath(text_of(field.label), steps, others, options.get(str(current)), ahead)


def _passed(stages: Stages, order: list[str], at: int) -> set[str]:
    """The stages that every way forward from the first to the present one leads through: those that may be skipped are not."""
    return {order[place] for place in range(at) if place == 0 or not _leads(stages, order, at, without=place)}


def _leads(stages: Stages, order: list[str], at: int, *, without: int) -> bool:
    """Whether moves forward lead from the first stage to the present one past the stage left out."""
    reached = {0}
    for place in range(at):
        if place in reached and place != without:
            reached |= {order.index(move) for move in stages.moves.get(order[place], ()) if move in order[place + 1 :]}
    return at in reached


def moves_from(stages: Stages, current: str | None, known: tuple[str, ...]) -> tuple[str, ...]:
    """The stages one may go to; from none to all."""
    return stages.moves.get(current, ()) if current is not None else known


def asked_fields(entity_type: EntityType, stage: str, values: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that a stage asks for and that are still empty; none for a stage one cannot go to from here."""
    stages = entity_type.declaration.stages
    if stages is None or stage not in moves_from(stages, values.get(stages.field), (stage,)):
        return ()
    asks = stages.asks.get(stage, ())
    return tuple(key for key in asks if key in entity_type.fields and values.get(key, key) in (None, "", ()))
