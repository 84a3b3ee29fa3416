# SPDX-License-Identifier: Apache-2.0
"""Changes of logins that are there: on again, name, e-mail address, memberships, sessions.

A login is changed here and nowhere else: what is said of a contact with the same address never touches it.
"""

from __future__ import annotations

import uuid

from sqlalchemy import delete, func, select, update

from xrm.access.addresses import clean_email, email_key
from xrm.access.limits import require_standing
from xrm.access.models import membership, session, user
from xrm.access.policy import require, require_everywhere
from xrm.access.recording import note
from xrm.access.users import User, get_user
from xrm.errors import Conflict, InvalidInput, NotFound, Problem, msg
from xrm.schema.fields.characters import is_storable
from xrm.unit_of_work import UnitOfWork

LONGEST_NAME = 200


def activate_user(uow: UnitOfWork, user_id: uuid.UUID) -> None:
    """Switch a login on again; grants and memberships are as they were.

    Raises:
        PermissionDenied: without the right to administer users everywhere, or for somebody with more rights than one's own.
        NotFound: when there is no such user.
    """
    before = _find(uow, user_id)
    if not before.is_active:
        uow.execute(update(user).where(user.c.id == user_id).values(is_active=True))
        note(uow, user_id, "user", "user.activated", {})


def rename_user(uow: UnitOfWork, user_id: uuid.UUID, name: str) -> None:
    """Give a user another name.

    Raises:
        PermissionDenied, NotFound: as ``activate_user``.
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
    """Give a login another address; its sessions end, since whoever used the old one may not be who uses the new one.

    Raises:
        PermissionDenied, NotFound: as ``activate_user``.
        InvalidInput: for a wrong address.
        Conflict: when the address has a login already, in whatever case it is written.
    """
    before = _find(uow, user_id)
    address = clean_email(email)
    if address == before.email:
        return
    taken = select(user.c.id).where(user.c.email_key == email_key(address), user.c.id != user_id)
    if uow.execute(taken).first() is not None:
        raise Conflict(msg("There is a user {email} already.", email=address), code="taken")
    uow.execute(update(user).where(user.c.id == user_id).values(email=address, email_key=email_key(address)))
    uow.execute(delete(session).where(session.c.user_id == user_id))
    note(uow, user_id, "user", "user.email_changed", {"email": (before.email, address)})


def end_sessions(uow: UnitOfWork, user_id: uuid.UUID) -> int:
    """End all sessions of a user, and return how many there were.

    Raises:
        PermissionDenied, NotFound: as ``activate_user``.
    """
    _find(uow, user_id)
    mine = session.c.user_id == user_id
    count = uow.execute(select(func.count()).select_from(session).where(mine)).scalar_one()
    uow.execute(delete(session).where(mine))
    note(uow, user_id, "user", "user.sessions_ended", {"sessions": (count, 0)})
    return int(count)


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
