# SPDX-License-Identifier: Apache-2.0
"""The panel on the page of a party: its value in each department the reader may read, and what would improve it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal

from xrm.plugin_api import MetricBlock, Reason, TableBlock, TextBlock, UnitOfWork, label, list_scores
from xrm_quality.measuring import measure


def blocks_for(uow: UnitOfWork, kind: str, party: uuid.UUID) -> Sequence[MetricBlock | TableBlock | TextBlock]:
    """The blocks of the panel."""
    scores = [score for score in list_scores(uow, party) if score.model.key == "quality"]
    if not scores:
        return _measured_now(uow, kind, party)
    blocks: list[MetricBlock | TableBlock | TextBlock] = []
    for score in scores:
        name = score.department_name if len(scores) > 1 else score.model.label
        band = score.band
        blocks.append(
            MetricBlock(name, round(score.value), band.tone if band else "neutral", hint=band.label if band else "", maximum=100)
        )
        blocks += _improvements(score.reasons)
    return blocks


def _measured_now(uow: UnitOfWork, kind: str, party: uuid.UUID) -> Sequence[MetricBlock | TableBlock | TextBlock]:
    """What the party would get, from what the reader may see; nothing is stored, so lists show it after the next computation."""
    found = next(iter(measure(uow, kind, [party])), None)
    if found is None:
        return [TextBlock(label("There is nothing to measure yet.", "Rien à mesurer pour l’instant."))]
    name = label("Data quality, measured just now", "Qualité des données, mesurée à l’instant")
    value = MetricBlock(name, round(found.value), maximum=100)
    return [value, *_improvements(found.reasons)]


def _improvements(reasons: Sequence[Reason]) -> list[TableBlock | TextBlock]:
    rows = tuple((reason.message, _points(-reason.weight)) for reason in reasons)
    if not rows:
        return [TextBlock(label("Nothing is missing.", "Il ne manque rien."), tone="good")]
    return [TableBlock((label("What would improve it", "Ce qui l’améliorerait"), label("Points", "Points")), rows)]


def _points(weight: float) -> str:
    return f"+{Decimal(str(weight)).quantize(Decimal(1))}"
