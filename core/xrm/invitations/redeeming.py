# SPDX-License-Identifier: Apache-2.0
"""What the holder of a link does with it: come in, choose a new password, become the first administrator."""

from __future__ import annotations

import uuid

from sqlalchemy import delete, select, update

from xrm.access.models import permission_set, user
from xrm.access.service import CHANGEABLE, add_member, create_shipped_sets, create_user, give, set_password
from xrm.audit.service import record_audit
from xrm.departments.queries import get_tree
from xrm.departments.service import create_department
from xrm.errors import InvalidInput, Problem, msg
from xrm.invitations.links import FIRST_ADMINISTRATOR, INVITATION, RESET, forget_links, use_link
from xrm.invitations.mails import PASSWORD_CHANGED, queue_mail
from xrm.invitations.models import invitation
from xrm.unit_of_work import UnitOfWork

LONGEST_NAME = 200
FIRST_DEPARTMENTS = {"en": "General", "fr": "Général"}


def accept_invitation(uow: UnitOfWork, token: str, *, password: str, name: str, language: str) -> uuid.UUID:
    """Come in by an invitation: choose password, name and language. The id of the user. Runs as the system.

    Raises:
        NotFound: when the link cannot be used.
        InvalidInput: for a password, name or language that cannot be taken; the link stays good.
    """
    link = use_link(uow, token, INVITATION)
    assert link.user_id is not None, "an invitation is for a user"  # noqa: S101  # the query joins them
    _describe(uow, link.user_id, name or link.name, language)
    set_password(uow, link.user_id, password)
    come_in(uow, link.user_id)
    return link.user_id


def come_in(uow: UnitOfWork, user_id: uuid.UUID) -> None:
    """Note that an invited user has come in, by whatever way: the invitation waits no longer, and its links are over."""
    uow.execute(delete(invitation).where(invitation.c.user_id == user_id))
    forget_links(uow, INVITATION, user_id)
    record_audit(uow, "user.came_in", user_id, "user", {})


def reset_password(uow: UnitOfWork, token: str, password: str) -> uuid.UUID:
    """Choose a new password: all sessions end, and the user is told by mail. Runs as the system.

    Raises:
        NotFound: when the link cannot be used.
        InvalidInput: for a password that cannot be taken; the link stays good.
    """
    link = use_link(uow, token, RESET)
    assert link.user_id is not None, "a reset is for a user"  # noqa: S101  # the query joins them
    set_password(uow, link.user_id, password)
    queue_mail(uow, PASSWORD_CHANGED, link.user_id)
    return link.user_id


def create_first_administrator(
    uow: UnitOfWork, token: str, *, email: str, password: str, name: str, language: str
) -> uuid.UUID:
    """Make the first administrator, who may do everything everywhere, and what an empty instance needs. Runs as the system.

    Raises:
        NotFound: when the link cannot be used; always as soon as anybody can sign in.
        InvalidInput: for an address, password, name or language that cannot be taken; the link stays good.
        Conflict: when the address has a login that was switched off.
    """
    use_link(uow, token, FIRST_ADMINISTRATOR)
    first = prepare_instance(uow)
    one = create_user(uow, email, name=name, password=password, language=language)
    add_member(uow, one, first)
    give(uow, one, "administrator", depth="all")
    return one


def prepare_instance(uow: UnitOfWork, department: str = "") -> uuid.UUID:
    """Write the permission sets, and a department when there is none; the id of the first department."""
    if uow.execute(select(permission_set.c.id).where(permission_set.c.key == "administrator")).first() is None:
        create_shipped_sets(uow)
    usual = FIRST_DEPARTMENTS.get(uow.settings.language, FIRST_DEPARTMENTS["en"])
    return next(iter(get_tree(uow).by_id), None) or create_department(uow, department or usual)


def _describe(uow: UnitOfWork, user_id: uuid.UUID, name: str, language: str) -> None:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput([Problem("name", msg("Give a name of 1 to {most} characters.", most=LONGEST_NAME))])
    if language not in CHANGEABLE["language"]:
        raise InvalidInput([Problem("language", msg("Choose a language the program has."))])
    uow.execute(update(user).where(user.c.id == user_id).values(name=name, language=language))
