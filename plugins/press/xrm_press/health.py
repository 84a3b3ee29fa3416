# SPDX-License-Identifier: Apache-2.0
"""What the press plugin reports of its own state."""

from __future__ import annotations

import sqlalchemy as sa

from xrm.plugin_api import HealthCheck, UnitOfWork, label, select

FORGOTTEN = 'embargo_until < now() and stage in ["draft", "review", "approved"]'


def checks(uow: UnitOfWork) -> list[HealthCheck]:
    """Releases whose embargo is over and that were never sent."""
    rows = select(uow, "release", ["id"], where=FORGOTTEN).subquery()
    count = int(uow.execute(sa.select(sa.func.count()).select_from(rows)).scalar_one())
    name = label("Releases after their embargo", "Communiqués dont l’embargo est levé")
    if not count:
        return [HealthCheck("embargo", name, "good", label("None was forgotten.", "Aucun n’a été oublié."))]
    message = label(f"{count} never sent.", f"{count} jamais diffusé{'s' if count > 1 else ''}.")
    remedy = label("Open them, then send or withdraw them.", "Ouvrez-les, puis diffusez-les ou retirez-les.")
    return [HealthCheck("embargo", name, "warn", message, remedy)]
