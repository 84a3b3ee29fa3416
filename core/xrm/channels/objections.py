# SPDX-License-Identifier: Apache-2.0
"""Whether a message may be written to a party at an address: asked when it is queued, and again when it is sent."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Row, and_, select

from xrm.contact_points.models import address_state, contact_point
from xrm.entities.rows import EntityRow
from xrm.errors import Message, msg
from xrm.schema.storage import load_values
from xrm.unit_of_work import UnitOfWork


def objection_to(uow: UnitOfWork, party: EntityRow, contact_point_id: uuid.UUID | None) -> Message | None:
    """Why nobody may write to this party (a row of ``entity``) at this contact point now; None when one may."""
    if party.deleted_at is not None:
        return msg("{title} was deleted. Restore the entry first.", title=party.title)
    if not is_contactable(uow, party):
        return msg("{title} must not be contacted. See the entry for the reason.", title=party.title)
    row = uow.execute(
        select(contact_point, address_state.c.bounced_at, address_state.c.bounce_reason, address_state.c.objected_at)
        .outerjoin(
            address_state,
            and_(address_state.c.kind == contact_point.c.kind, address_state.c.normalized == contact_point.c.normalized),
        )
        .where(contact_point.c.id == contact_point_id, contact_point.c.entity_id == party.id)
    ).first()
    if row is None:
        return msg("This address is no longer there. Choose another.")
    return _against_address(uow, row)


def _against_address(uow: UnitOfWork, row: Row[Any]) -> Message | None:
    if row.valid_until is not None and row.valid_until <= uow.today:
        return msg("{address} holds no longer. Choose another address.", address=row.value)
    if row.valid_from is not None and row.valid_from > uow.today:
        return msg("{address} does not hold yet. Choose another address.", address=row.value)
    if row.objected_at is not None:
        return msg("At {address} somebody objected to messages. Use another way.", address=row.value)
    if row.bounced_at is not None:
        return msg("{address} refuses messages ({reason}). Correct it, or choose another.", address=row.value,
                   reason=row.bounce_reason)
    return None


def is_contactable(uow: UnitOfWork, party: EntityRow) -> bool:
    """What the ``contactable`` expression of the party's type says; a type without one lets everybody write."""
    entity_type = uow.registry.get(party.type)
    text = entity_type.declaration.contactable
    if not text:
        return True
    values = load_values(uow.connection, entity_type, entity_type.table, [party.id]).get(party.id, {})
    return entity_type.expression(text).evaluate(values, uow) is not False
