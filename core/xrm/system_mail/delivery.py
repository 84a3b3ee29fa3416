# SPDX-License-Identifier: Apache-2.0
"""The job that sends one mail of the system: makes the link only now, so that it stands nowhere but in the mail."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from babel.dates import format_datetime
from sqlalchemy import select

from xrm.access.models import user
from xrm.errors import XrmError, msg
from xrm.invitations.links import INVITATION, LIFETIMES, RESET, address_of, make_link
from xrm.invitations.models import invitation
from xrm.jobs.kinds import Job
from xrm.schema.model import LANGUAGES
from xrm.system_mail.composing import compose
from xrm.system_mail.sending import send
from xrm.system_mail.server import MailServer, mail_server
from xrm.system_mail.texts import SOMEBODY, TEXTS
from xrm.unit_of_work import UnitOfWork, system_actor

if TYPE_CHECKING:
    from xrm.runtime import Runtime


def send_system_mail(runtime: Runtime, job: Job) -> Mapping[str, Any]:
    """Send the ``mail`` of the payload to its ``user``, unless there is none (any more) to whom it could go.

    Killed between sending and writing, it sends again with another link; the first one stays good as well.

    Raises:
        RetryLater, XrmError: as ``send``.
        ConfigurationError: when the mail server is not set up rightly; it is tried again.
    """
    server = mail_server(runtime.settings)
    mail, user_id = job.payload["mail"], uuid.UUID(job.payload["user"])
    prepared = runtime.write(lambda uow: _prepare(uow, mail, user_id, server), system_actor("job"))
    if prepared is not None:
        send(prepared, server)
    return {"sent": prepared is not None}


def _prepare(uow: UnitOfWork, mail: str, user_id: uuid.UUID, server: MailServer) -> EmailMessage | None:
    row = uow.execute(
        select(user.c.email, user.c.name, user.c.language, user.c.password_hash, invitation.c.user_id, invitation.c.invited_by)
        .outerjoin(invitation, invitation.c.user_id == user.c.id)
        .where(user.c.id == user_id, user.c.is_active)
    ).first()
    if row is None:
        return None
    if row.user_id is not None and mail == RESET:
        mail = INVITATION  # who has not come in yet has no password to forget
    elif (mail == INVITATION and row.user_id is None) or (mail == RESET and row.password_hash is None):
        return None  # came in meanwhile; or signs in elsewhere, and gets no second way in by a mail
    language = row.language if row.language in LANGUAGES else uow.settings.language
    link, until = "", uow.now
    if mail in LIFETIMES:
        link, until = address_of(uow.settings, mail, make_link(uow, mail, user_id)), uow.now + LIFETIMES[mail]
    places = {
        "name": row.name, "by": row.invited_by or SOMEBODY[language], "site": urlsplit(uow.settings.base_url).netloc,
        "until": _moment(until, language),
    }
    try:
        return compose(TEXTS[mail, language], places, sender=server.sender, recipient=row.email, language=language, link=link)
    except ValueError as error:
        raise XrmError(msg("There is no writing to {email}: {why}.", email=row.email, why=error)) from error


def _moment(value: datetime, language: str) -> str:
    return format_datetime(value, "long" if language == "fr" else "d MMMM yyyy, HH:mm z", locale=language)
