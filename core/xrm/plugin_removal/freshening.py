# SPDX-License-Identifier: Apache-2.0
"""What is derived from a plugin's data, made anew when the plugin comes back: sort keys copied from parties, search documents."""

from __future__ import annotations

import uuid

from sqlalchemy import or_, select, update

from xrm.entities.models import entity
from xrm.plugin_removal.belongings import Belongings
from xrm.roles.models import role
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork, system_actor

CHUNK = 500


def freshen(runtime: Runtime, mine: Belongings) -> int:
    """Make it anew for all entities of the plugin and all parties with its roles, batch by batch; how many they are."""
    actor = system_actor()
    for name in mine.roles:
        runtime.write(lambda uow: _copy_sort_keys(uow, name), actor)  # noqa: B023  # runs within this turn
    count, last = 0, None
    while True:
        ids = runtime.write(lambda uow: _touch(uow, mine, last), actor)  # noqa: B023  # runs within this turn
        if not ids:
            return count
        count, last = count + len(ids), ids[-1]


def _copy_sort_keys(uow: UnitOfWork, name: str) -> None:
    role_type = uow.registry.entity_types.get(name)
    if role_type is None:
        return
    table = role_type.table
    key = select(entity.c.title_key).join(role, role.c.party_id == entity.c.id).where(role.c.id == table.c.id).scalar_subquery()
    uow.execute(update(table).where(table.c.title_key != key).values(title_key=key))


def _touch(uow: UnitOfWork, mine: Belongings, last: uuid.UUID | None) -> list[uuid.UUID]:
    parties = select(role.c.party_id).where(role.c.type.in_(mine.roles))
    found = select(entity.c.id).where(or_(entity.c.type.in_(mine.nodes), entity.c.id.in_(parties)))
    if last is not None:
        found = found.where(entity.c.id > last)
    ids = list(uow.execute(found.order_by(entity.c.id).limit(CHUNK)).scalars())
    for one in ids:
        uow.touch(one)
    return ids
