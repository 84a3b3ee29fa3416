# SPDX-License-Identifier: Apache-2.0
"""Whether the scores are there and recent."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from xrm.plugin_api import HealthCheck, UnitOfWork, label, list_scores, select

LONGEST = timedelta(days=8)
SAMPLE = 5
NAME = label("Data quality", "Qualité des données")
REMEDY = label("Run xrm score run quality, best each night.", "Lancez xrm score run quality, au mieux chaque nuit.")


def scores_are_recent(uow: UnitOfWork) -> HealthCheck:
    """Looks at the parties changed last, since they are what people look at."""
    recent = select(uow, "person", ["id", "updated_at"]).union_all(select(uow, "organization", ["id", "updated_at"])).subquery()
    parties = uow.execute(sa.select(recent.c.id).order_by(recent.c.updated_at.desc()).limit(SAMPLE)).scalars().all()
    computed = [score.computed_at for party in parties for score in list_scores(uow, party) if score.model.key == "quality"]
    if not parties:
        return HealthCheck("scores", NAME, "good", label("There is nobody to score yet.", "Il n’y a encore personne à noter."))
    if not computed:
        return HealthCheck("scores", NAME, "warn", label("The parties changed last have no score.",
                                                         "Les dernières fiches modifiées n’ont pas de note."), REMEDY)
    if uow.now - max(computed) > LONGEST:
        return HealthCheck("scores", NAME, "warn", label("The scores are more than a week old.",
                                                         "Les notes ont plus d’une semaine."), REMEDY)
    return HealthCheck("scores", NAME, "good", label("The scores are recent.", "Les notes sont récentes."))
