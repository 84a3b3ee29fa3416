# SPDX-License-Identifier: Apache-2.0
"""Mails of the system itself: put into the queue here, by what they are and for whom, never with a link in them."""

from __future__ import annotations

import uuid

from xrm.jobs.service import enqueue
from xrm.settings import Settings
from xrm.unit_of_work import UnitOfWork

SYSTEM_MAIL_JOB = "send_system_mail"
PASSWORD_CHANGED = "password_changed"  # noqa: S105  # the name of a mail
FACTORS_RESET = "factors_reset"
TRIES = 6


def sends_mail(settings: Settings) -> bool:
    """Whether this instance can send mail of its own."""
    return bool(settings.mail_server and settings.mail_from)


def queue_mail(uow: UnitOfWork, mail: str, user_id: uuid.UUID) -> None:
    """Send a mail to a user after this unit of work; its link is made when it is sent, so that no job holds one."""
    if sends_mail(uow.settings):
        enqueue(uow, SYSTEM_MAIL_JOB, {"mail": mail, "user": str(user_id)}, department=None, max_tries=TRIES)
