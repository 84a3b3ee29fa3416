# SPDX-License-Identifier: Apache-2.0
"""What administrators do with links: invite, invite again, take an invitation back, give a link to choose a new password."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from xrm.access.models import user
from xrm.access.policy import require, require_everywhere
from xrm.access.service import add_member, create_user, deactivate_user, give
from xrm.access.users import get_user
from xrm.audit.service import record_audit
from xrm.errors import Conflict, InvalidInput, NotFound, Problem, msg
from xrm.invitations.links import FIRST_ADMINISTRATOR, INVITATION, RESET, address_of, forget_links, has_active_user, make_link
from xrm.invitations.mails import queue_mail, sends_mail
from xrm.invitations.models import invitation
from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Invited:
    """Who was invited; ``link`` is empty when it goes by mail, else it is to be passed on by hand and shown only now."""

    user_id: uuid.UUID
    email: str
    link: str = ""


def invite(
    uow: UnitOfWork, email: str, *, name: str = "", language: str = "", department: uuid.UUID | None = None, set_key: str = "",
    depth: str = "department",
) -> Invited:
    """Make a login without a password, with rights if they are named, and send its owner a link to choose one.

    Raises:
        PermissionDenied: without the right to administer users everywhere, or to give these rights.
        InvalidInput: for what is no address, or rights without a department.
        Conflict: when the address has a login already, in whatever way it is written.
        NotFound: for an unknown permission set.
    """
    require_everywhere(uow, "user:administer")
    if set_key and department is None and depth != "all":
        raise InvalidInput([Problem("department", msg("Name the department in which the rights hold."))])
    one = create_user(uow, email, name=name, language=language)
    if department is not None:
        add_member(uow, one, department)
    if set_key:
        give(uow, one, set_key, department=department, depth=depth)
    uow.execute(insert(invitation).values(user_id=one, invited_by=_inviter(uow), sent_at=uow.now))
    return _send(uow, one)


def invite_again(uow: UnitOfWork, user_id: uuid.UUID, *, by_hand: bool = False) -> Invited:
    """Send a new link to somebody who has not come in yet; the one of before is worth nothing from now on.

    ``by_hand`` gives the link back instead of sending it.

    Raises:
        PermissionDenied: without the right to administer users everywhere.
        NotFound: when nobody of this id waits.
    """
    require_everywhere(uow, "user:administer")
    _require_pending(uow, user_id)
    uow.execute(invitation.update().where(invitation.c.user_id == user_id).values(invited_by=_inviter(uow), sent_at=uow.now))
    record_audit(uow, "user.invited", user_id, "user", {})
    return _send(uow, user_id, by_hand=by_hand)


def take_back(uow: UnitOfWork, user_id: uuid.UUID) -> None:
    """Take an invitation back: its link is worth nothing, and the login is switched off.

    Raises:
        PermissionDenied: without the right to administer users everywhere.
        NotFound: when nobody of this id waits.
    """
    require_everywhere(uow, "user:administer")
    _require_pending(uow, user_id)
    uow.execute(delete(invitation).where(invitation.c.user_id == user_id))
    forget_links(uow, INVITATION, user_id)
    deactivate_user(uow, user_id)


def make_reset_link(uow: UnitOfWork, user_id: uuid.UUID) -> str:
    """The address by which a user chooses a new password, to be passed on by hand.

    Raises:
        PermissionDenied: to all who do not have every right themselves: the link opens a login with all of its rights.
        NotFound: when there is no active user of this id.
        Conflict: when they have not come in by their invitation yet.
    """
    require(uow, "user:administer")
    require_everywhere(uow, "*:*")
    found = get_user(uow, user_id)
    if found is None or not found.is_active:
        raise NotFound(msg("There is no active user with the id {id}.", id=user_id))
    if uow.execute(select(invitation.c.user_id).where(invitation.c.user_id == user_id)).first() is not None:
        raise Conflict(msg("{email} has not answered the invitation yet. Invite them again instead.", email=found.email))
    record_audit(uow, "user.reset_link_made", user_id, "user", {})
    return address_of(uow.settings, RESET, make_link(uow, RESET, user_id))


def make_first_link(uow: UnitOfWork) -> str:
    """The address by which the first administrator is made; one of before is worth nothing from now on.

    Raises:
        PermissionDenied: to all but the system.
        Conflict: when somebody can sign in already.
    """
    require_everywhere(uow, "*:*")
    if has_active_user(uow):
        raise Conflict(msg("There are users already. Create another with: xrm user create"))
    forget_links(uow, FIRST_ADMINISTRATOR, None)
    return address_of(uow.settings, FIRST_ADMINISTRATOR, make_link(uow, FIRST_ADMINISTRATOR))


def _require_pending(uow: UnitOfWork, user_id: uuid.UUID) -> None:
    if uow.execute(select(invitation.c.user_id).where(invitation.c.user_id == user_id)).first() is None:
        raise NotFound(msg("There is no invitation that waits for an answer."))


def _send(uow: UnitOfWork, user_id: uuid.UUID, *, by_hand: bool = False) -> Invited:
    forget_links(uow, INVITATION, user_id)
    email = uow.execute(select(user.c.email).where(user.c.id == user_id)).scalar_one()
    if sends_mail(uow.settings) and not by_hand:
        queue_mail(uow, INVITATION, user_id)
        return Invited(user_id, email)
    return Invited(user_id, email, address_of(uow.settings, INVITATION, make_link(uow, INVITATION, user_id)))


def _inviter(uow: UnitOfWork) -> str:
    return uow.actor.name if uow.actor.kind == "user" else ""
