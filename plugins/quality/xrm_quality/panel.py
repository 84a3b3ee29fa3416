# SPDX-License-Identifier: Apache-2.0
"""The panel on the page of a party: its value in each department the reader may read, and what would improve it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal

from xrm.plugin_api import MetricBlock, TableBlock, TextBlock, UnitOfWork, label, list_scores


def blocks_for(uow: UnitOfWork, party: uuid.UUID) -> Sequence[MetricBlock | TableBlock | TextBlock]:
    """The blocks of the panel."""
    scores = [score for score in list_scores(uow, party) if score.model.key == "quality"]
    if not scores:
        return [TextBlock(label("Not computed yet. It appears here once all scores have been computed again.",
                                "Pas encore calculée. Elle paraîtra ici au prochain calcul des scores."))]
    blocks: list[MetricBlock | TableBlock | TextBlock] = []
    for score in scores:
        name = score.department_name if len(scores) > 1 else score.model.label
        band = score.band
        blocks.append(
            MetricBlock(name, round(score.value), band.tone if band else "neutral", hint=band.label if band else "", maximum=100)
        )
        rows = tuple((reason.message, _points(-reason.weight)) for reason in score.reasons)
        if rows:
            blocks.append(TableBlock((label("What would improve it", "Ce qui l’améliorerait"), label("Points", "Points")), rows))
        else:
            blocks.append(TextBlock(label("Nothing is missing.", "Il ne manque rien."), tone="good"))
    return blocks


def _points(weight: float) -> str:
    return f"+{Decimal(str(weight)).quantize(Decimal(1))}"
