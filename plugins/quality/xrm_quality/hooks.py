# SPDX-License-Identifier: Apache-2.0
"""What the plugin adds: the score model, the panel on the page of a party, and whether scores are there and recent."""

from __future__ import annotations

from xrm.plugin_api import Band, Entity, HealthCheck, Panel, ScoreModel, UnitOfWork, hookimpl, label
from xrm_quality.health import scores_are_recent
from xrm_quality.measuring import measure
from xrm_quality.panel import blocks_for

NAME = label("Data quality", "Qualité des données")
HELP = label(
    "How much of what matters is filled in, less when it has not been touched for long. 100 is complete and fresh.",
    "La part renseignée des informations utiles, moins si rien n’a bougé depuis longtemps. 100 : complet et à jour.",
)
BANDS = (
    Band("good", label("Good", "Bonne"), at_least=75, tone="good"),
    Band("fair", label("Fair", "Moyenne"), at_least=45, tone="warn"),
    Band("poor", label("Poor", "Faible"), at_least=0, tone="bad"),
)


@hookimpl
def register_score_models() -> list[ScoreModel]:
    """Completeness times freshness, of people and organizations."""
    return [ScoreModel("quality", NAME, "1", ("person", "organization"), measure, BANDS, help=HELP)]


@hookimpl
def panels(entity: Entity) -> list[Panel]:
    """Value, band, reasons and what would improve it; made after the page."""
    if entity.type not in {"person", "organization"}:
        return []
    build = lambda later: blocks_for(later, entity.type, entity.id)  # noqa: E731
    return [Panel("quality", NAME, build=build, icon="gauge", order=80, permission="score:read")]


@hookimpl
def health_checks(uow: UnitOfWork) -> list[HealthCheck]:
    """Whether scores were computed, and not too long ago."""
    return [scores_are_recent(uow)]
