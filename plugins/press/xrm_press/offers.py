# SPDX-License-Identifier: Apache-2.0
"""Offering a release to a journalist or a newsroom: noted on both timelines, and kept as a relationship with its answer."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from xrm.plugin_api import (
    Action,
    Entity,
    Field,
    Message,
    NotFound,
    UnitOfWork,
    label,
    msg,
    record_interaction,
    relate,
    select,
)

PARTIES = ("person", "organization")


def actions_for(entity: Entity) -> list[Action]:
    """The action on a party's page; nothing elsewhere."""
    if entity.type not in PARTIES:
        return []

    asks = (
        Field("release", "link", label("Release", "Communiqué"), required=True, to=("release",), if_gone="clear"),
        Field("note", "long_text", label("What was said", "Ce qui a été dit"), length=2000),
    )
    name = label("Offer a release", "Proposer un communiqué")
    return [Action("offer", name, run=offer_release, asks=asks, permission="offered_to:link", icon="megaphone")]


def offer_release(uow: UnitOfWork, party: uuid.UUID, values: Mapping[str, Any]) -> Message:
    """Relate the release to the party from today on, and note it on both timelines, all in the department of the release.

    Raises:
        NotFound: when there is no such release for the actor.
    """
    release = values["release"]
    department = _department_of(uow, release)
    relate(uow, "offered_to", release, party, valid_from=uow.today, department=department)
    record_interaction(
        uow, "note", department=department, participants=[party, release],
        subject="Press release offered" if uow.actor.language != "fr" else "Communiqué proposé", body=values.get("note") or "",
        direction="out",
    )
    return msg("{text}", text=label("The offer is noted.", "La proposition est notée."))


def _department_of(uow: UnitOfWork, release: uuid.UUID) -> uuid.UUID:
    # Not that of the party: a journalist may be at home in a department where the press office may write nothing.
    releases = select(uow, "release", ["id", "department"]).subquery()
    department: uuid.UUID | None = uow.execute(sa.select(releases.c.department).where(releases.c.id == release)).scalar()
    if department is None:
        text = label("This press release is not there any more. Choose another.",
                     "Ce communiqué n’existe plus. Choisissez-en un autre.")
        raise NotFound(msg("{text}", text=text))
    return department
