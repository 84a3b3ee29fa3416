# SPDX-License-Identifier: Apache-2.0
"""Changes of logins that are there: on again, name, e-mail address, memberships.

A login is changed here and nowhere else: what is said of a contact with the same address never touches it.
"""

from __future__ import annotations

import uuid

from sqlalchemy import delete, select, update

from xrm.access.addresses import email_key
from xrm.access.limits import require_charge, require_standing
from xrm.access.models import membership, user
from xrm.access.policy import require, require_everywhere
from xrm.access.recording import note
from xrm.access.sessions import drop_sessions
from xrm.access.users import User, free_email, get_user
from xrm.errors import InvalidInput, NotFound, Problem, msg
from xrm.invitations.models import one_time_link
from xrm.schema.fields.characters import is_storable
from xrm.unit_of_work import UnitOfWork

LONGEST_NAME = 200


def activate_user(uow: UnitOfWork, user_id: uuid.UUID) -> None:
    """Switch a login on again; grants and memberships are as they were.

    Raises:
        PermissionDenied, NotFound: as ``require_charge``.
    """
    require_charge(uow, user_id)
    before = get_user(uow, user_id)
    if before is not None and not before.is_active:
        uow.execute(update(user).where(user.c.id == user_id).values(is_active=True))
        note(uow, user_id, "user", "user.activated", {})


def rename_user(uow: UnitOfWork, user_id: uuid.UUID, name: str) -> None:
    """Give a user another name.

    Raises:
        PermissionDenied: without the right to administer users everywhere, or for somebody with more rights than one's own.
        NotFound: when there is no such user.
        InvalidInput: for an empty or over-long name.
    """
    before = _find(uow, user_id)
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not is_storable(name):
        raise InvalidInput([Problem("name", msg("Give a name of 1 to {most} characters.", most=LONGEST_NAME))])
    if name != before.name:
        uow.execute(update(user).where(user.c.id == user_id).values(name=name))
        note(uow, user_id, "user", "user.renamed", {"name": (before.name, name)})


def change_email(uow: UnitOfWork, user_id: uuid.UUID, email: str) -> None:
    """Give a login another address; its sessions and links end: who used the old one may not be who uses the new one.

    Raises:
        PermissionDenied, NotFound: as ``rename_user``.
        InvalidInput: for a wrong address.
        Conflict: when the address has a login already, in whatever way it is written.
    """
    before = _find(uow, user_id)
    address = free_email(uow, email, besides=user_id)
    if address == before.email:
        return
    uow.execute(update(user).where(user.c.id == user_id).values(email=address, email_key=email_key(address)))
    drop_sessions(uow, user_id)
    uow.execute(delete(one_time_link).where(one_time_link.c.user_id == user_id, one_time_link.c.used_at.is_(None)))
    note(uow, user_id, "user", "user.email_changed", {"email": (before.email, address)})


def remove_member(uow: UnitOfWork, user_id: uuid.UUID, department: uuid.UUID) -> None:
    """End a membership; grants in the department stay, since rights are ended by name.

    Raises:
        PermissionDenied: without the right to administer users there.
        NotFound: when they are no member.
    """
    require(uow, "user:administer", department)
    mine = membership.c.user_id == user_id, membership.c.department_id == department
    if uow.execute(select(membership).where(*mine)).first() is None:
        raise NotFound(msg("They are no member of this department. It may have been changed in the meantime."))
    uow.execute(delete(membership).where(*mine))
    note(uow, user_id, "user", "membership.ended", {"department": (str(department), None)})


def _find(uow: UnitOfWork, user_id: uuid.UUID) -> User:
    require_everywhere(uow, "user:administer")
    found = get_user(uow, user_id)
    if found is None:
        raise NotFound(msg("There is no user with the id {id}.", id=user_id))
    require_standing(uow, user_id)
    return found
