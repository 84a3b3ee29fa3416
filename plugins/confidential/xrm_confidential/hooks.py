# SPDX-License-Identifier: Apache-2.0
"""Who is hidden from whom, and the note on the page of a party that says so to those who see it."""

from __future__ import annotations

from collections.abc import Sequence

from xrm.plugin_api import (
    Entity,
    HiddenBy,
    Link,
    LinksBlock,
    Narrowing,
    Panel,
    TextBlock,
    UnitOfWork,
    hookimpl,
    label,
    select,
)

MARKER = "restriction"
OPEN = "ends_on is empty or ends_on > today()"
SEEN_BY = label(
    "Only the owner and those named see this entry.", "Seuls le responsable et les personnes désignées voient cette fiche."
)
NAME = label("Confidential", "Confidentiel")


@hookimpl
def narrow_visibility(types: Sequence[str]) -> list[Narrowing]:
    """Parties with an open restriction, and restrictions themselves: for owners, those named and who administers restrictions."""
    hidden = HiddenBy(MARKER, OPEN, link="about", readers="readers", permission=f"{MARKER}:administer")
    itself = HiddenBy(MARKER, link="", readers="readers", permission=f"{MARKER}:administer")
    return [Narrowing(one, hidden_by=itself if one == MARKER else hidden) for one in types]


@hookimpl
def panels(uow: UnitOfWork, entity: Entity) -> list[Panel]:
    """That this party is confidential, and why: only on the pages of those that are."""
    if entity.type not in {"person", "organization"}:
        return []
    rows = uow.execute(select(uow, MARKER, ["id", "reason"], where=f'about == "{entity.id}" and ({OPEN})')).all()
    if not rows:
        return []
    told = TextBlock(SEEN_BY, tone="warn")
    links = LinksBlock(tuple(Link(row.reason, entity=row.id, icon="lock") for row in rows))
    return [Panel("confidential", NAME, (told, links), icon="lock", order=5)]
