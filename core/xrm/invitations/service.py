# SPDX-License-Identifier: Apache-2.0
"""What administrators do with links: invite, invite again, take an invitation back, give a link to choose a new password."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from xrm.access.limits import require_charge
from xrm.access.models import user
from xrm.access.policy import require, require_everywhere
from xrm.access.service import create_user, deactivate_user, give
from xrm.access.sign_in import has_password
from xrm.access.users import get_user
from xrm.audit.service import record_audit
from xrm.errors import Conflict, NotFound, msg
from xrm.factors.service import reset_factors
from xrm.invitations.checks import require_place
from xrm.invitations.links import FIRST_ADMINISTRATOR, INVITATION, RESET, address_of, forget_links, has_active_user, make_link
from xrm.invitations.mails import FACTORS_RESET, queue_mail, sends_mail
from xrm.invitations.models import invitation
from xrm.invitations.queries import is_pending
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
        PermissionDenied: without the right to administer users in this department (everywhere, when none is named), or to give
            these rights: nobody gives more than they have.
        InvalidInput: for what is no address, or rights without a department.
        Conflict: when the address has a login already, in whatever way it is written.
        NotFound: for an unknown permission set.
    """
    require(uow, "user:administer", department)
    require_place(uow, department, set_key, depth)
    one = create_user(uow, email, name=name, language=language, department=department)
    if set_key:
        give(uow, one, set_key, department=department, depth=depth)
    uow.execute(insert(invitation).values(user_id=one, invited_by=_inviter(uow), sent_at=uow.now))
    return _send(uow, one)


def invite_again(uow: UnitOfWork, user_id: uuid.UUID, *, by_hand: bool = False) -> Invited:
    """Send a new link to somebody who has not come in yet; the one of before is worth nothing from now on.

    ``by_hand`` gives the link back instead of sending it.

    Raises:
        PermissionDenied: as ``require_charge``; by hand where mail is sent, without the right to administer users everywhere:
            a link opens the login of somebody else, whose rights may grow later.
        NotFound: when nobody of this id waits.
    """
    require_charge(uow, user_id)
    if by_hand and sends_mail(uow.settings):
        require_everywhere(uow, "user:administer")
    _require_pending(uow, user_id)
    uow.execute(invitation.update().where(invitation.c.user_id == user_id).values(invited_by=_inviter(uow), sent_at=uow.now))
    record_audit(uow, "user.invited", user_id, "user", {})
    return _send(uow, user_id, by_hand=by_hand)


def take_back(uow: UnitOfWork, user_id: uuid.UUID) -> None:
    """Take an invitation back: its link is worth nothing, and the login is switched off.

    Raises:
        PermissionDenied: as ``require_charge``.
        NotFound: when nobody of this id waits.
    """
    require_charge(uow, user_id)
    _require_pending(uow, user_id)
    uow.execute(delete(invitation).where(invitation.c.user_id == user_id))
    forget_links(uow, INVITATION, user_id)
    deactivate_user(uow, user_id)


def send_password_link(uow: UnitOfWork, user_id: uuid.UUID) -> Invited:
    """Send somebody a link to choose a password; who has none yet, or has not come in, is invited (again).

    Raises:
        PermissionDenied, NotFound: as ``require_charge``; where no mail is sent, as ``make_reset_link``.
        Conflict: when the login is switched off, or no mail is sent from here and it has a password: then ``make_reset_link``.
    """
    require_charge(uow, user_id)
    found = get_user(uow, user_id)
    if found is None or not found.is_active:
        raise Conflict(msg("The login is switched off. Switch it on first."), code="off")
    if not has_password(uow, user_id):
        if not is_pending(uow, user_id):
            if not sends_mail(uow.settings):
                require_everywhere(uow, "*:*")  # the link would be in the hands of who asks, and opens what is somebody's already
            uow.execute(insert(invitation).values(user_id=user_id, invited_by=_inviter(uow), sent_at=uow.now))
        return invite_again(uow, user_id)
    if not sends_mail(uow.settings):
        raise Conflict(msg("This instance sends no mail. Ask an administrator of everything for a link."), code="no_mail")
    record_audit(uow, "user.reset_link_sent", user_id, "user", {})
    queue_mail(uow, RESET, user_id)
    return Invited(user_id, found.email)


def reset_second_factor(uow: UnitOfWork, user_id: uuid.UUID) -> None:
    """Take away app, recovery codes and passkeys of somebody who lost them: their sessions end, and a mail tells them.

    Raises:
        PermissionDenied, NotFound, Conflict: as ``reset_factors``.
    """
    require(uow, "user:administer")
    reset_factors(uow, user_id)
    queue_mail(uow, FACTORS_RESET, user_id)


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
    if is_pending(uow, user_id):
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
    if not is_pending(uow, user_id):
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
