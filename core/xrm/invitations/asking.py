# SPDX-License-Identifier: Apache-2.0
"""Asking for a link to choose a new password: the same answer and the same work whether there is such a user or not."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlalchemy import delete, insert, select, update

from xrm.access.addresses import email_key
from xrm.access.models import user
from xrm.db.ids import new_id
from xrm.errors import Conflict, msg
from xrm.invitations.links import RESET
from xrm.invitations.mails import queue_mail
from xrm.invitations.models import link_request
from xrm.unit_of_work import UnitOfWork

WINDOW = timedelta(hours=1)
MOST_FROM = 20  # a whole office may share one network address
MOST_TO = 3


def ask_for_reset(uow: UnitOfWork, email: str, address: str) -> None:
    """Send a link to this address if a user has it; the mail goes to the address as the user's row has it.

    Raises:
        Conflict: with code ``throttled``, after too many times from this network address.
    """
    uow.execute(delete(link_request).where(link_request.c.since < uow.now - WINDOW))
    key = email_key(email)
    if _count(uow, f"from {address}") > MOST_FROM:
        raise Conflict(msg("Links were asked for too often from here. Wait an hour and try again."), code="throttled")
    if _count(uow, f"to {key}") > MOST_TO:
        return  # said to nobody: who asks need not be who gets the mails
    found = uow.execute(select(user.c.id).where(user.c.email_key == key, user.c.is_active)).scalar()
    # For somebody unknown the job finds nobody to write to; up to there nothing differs.
    queue_mail(uow, RESET, found or new_id())


def _count(uow: UnitOfWork, what: str) -> int:
    key = hashlib.sha256(what.encode()).hexdigest()
    known = uow.execute(select(link_request.c.count).where(link_request.c.key == key)).scalar()
    if known is None:
        uow.execute(insert(link_request).values(key=key, count=1, since=uow.now))
        return 1
    uow.execute(update(link_request).where(link_request.c.key == key).values(count=link_request.c.count + 1))
    return int(known) + 1
