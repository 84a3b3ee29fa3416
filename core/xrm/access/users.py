# SPDX-License-Identifier: Apache-2.0
"""Users: reads, and who they act as."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from xrm.access.addresses import clean_email, email_key
from xrm.access.models import membership, permission, permission_set, user
from xrm.departments.queries import get_tree
from xrm.errors import Conflict, NotFound, msg
from xrm.unit_of_work import Actor, UnitOfWork


@dataclass(frozen=True)
class Viewer:
    """An administrator who looks at the pages as somebody else; ``is_over``: the time is up, and they have not gone on yet."""

    id: uuid.UUID
    name: str
    until: datetime
    is_over: bool = False


@dataclass(frozen=True)
class User:
    """A login with its own settings; ``language`` is empty when not chosen, ``seen_by`` says who looks as them just now."""

    id: uuid.UUID
    email: str
    name: str
    is_active: bool
    language: str = ""
    time_zone: str = ""
    theme: str = "auto"
    density: str = "normal"
    seen_by: Viewer | None = None

    def as_actor(self, via: str) -> Actor:
        """The actor of units of work that this user starts."""
        return Actor("user", self.id, self.name, self.language, via, self.seen_by.id if self.seen_by else None)


USER_COLUMNS = (
    user.c.id, user.c.email, user.c.name, user.c.is_active, user.c.language, user.c.time_zone, user.c.theme, user.c.density
)


def get_user(uow: UnitOfWork, user_id: uuid.UUID) -> User | None:
    """The user of this id, active or not."""
    row = uow.execute(select(*USER_COLUMNS).where(user.c.id == user_id)).first()
    return User(**row._mapping) if row else None


def find_user(uow: UnitOfWork, email: str, *, only_active: bool = True) -> User:
    """The user with this address; unless asked for otherwise, one whose login is not switched off.

    Raises:
        NotFound: when there is none.
    """
    row = uow.execute(select(*USER_COLUMNS).where(user.c.email_key == email_key(email))).first()
    if row is None and not only_active:
        raise NotFound(msg("There is no user {email}. xrm user list shows those that are there.", email=email))
    if row is None or (only_active and not row.is_active):
        raise NotFound(msg("There is no active user {email}. Create one with: xrm user create", email=email))
    return User(**row._mapping)


def free_email(uow: UnitOfWork, email: str, *, besides: uuid.UUID | None = None) -> str:
    """The address as a login keeps it, when no other login (``besides`` this one) has it, in whatever way it is written.

    Raises:
        InvalidInput: when it is no address.
        Conflict: (``taken``) when a login has it.
    """
    address = clean_email(email)
    owner = uow.execute(select(user.c.id).where(user.c.email_key == email_key(address))).scalar()
    if owner is not None and owner != besides:
        raise Conflict(msg("There is a user {email} already.", email=address), code="taken")
    return address


def list_users(uow: UnitOfWork) -> list[User]:
    """All users by name: colleagues are known to each other."""
    return [User(**row._mapping) for row in uow.execute(select(*USER_COLUMNS).order_by(user.c.name, user.c.id))]


@dataclass(frozen=True)
class PermissionSet:
    """A named bundle of permissions (``subject:verb``); ``label`` by language.

    ``second_factor``: whoever has it needs a second factor to sign in.
    """

    key: str
    label: dict[str, str]
    permissions: tuple[str, ...]
    second_factor: bool = False


def list_permission_sets(uow: UnitOfWork) -> list[PermissionSet]:
    """All permission sets by key, with their permissions in order: what can be granted is no secret, who has it is."""
    rows = uow.execute(
        select(permission_set, permission.c.permission)
        .outerjoin_from(permission_set, permission, permission.c.permission_set_id == permission_set.c.id)
        .order_by(permission_set.c.key, permission.c.permission)
    )
    found: dict[str, PermissionSet] = {}
    for row in rows:
        label = {"en": row.label_en, "fr": row.label_fr}
        one = found.get(row.key) or PermissionSet(row.key, label, (), row.second_factor)
        found[row.key] = replace(one, permissions=(*one.permissions, row.permission) if row.permission else one.permissions)
    return list(found.values())


def names_of(uow: UnitOfWork, ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """User id → name."""
    if not ids:
        return {}
    return {row.id: row.name for row in uow.execute(select(user.c.id, user.c.name).where(user.c.id.in_(sorted(ids))))}


def departments_of_user(uow: UnitOfWork) -> list[uuid.UUID]:
    """The departments the actor is a member of, in the order of the tree; all of them for the system."""
    tree = get_tree(uow)
    if uow.actor.kind == "system":
        return list(tree.by_id)
    rows = uow.execute(select(membership.c.department_id).where(membership.c.user_id == uow.actor.user_id))
    mine = set(rows.scalars())
    return [one for one in tree.by_id if one in mine]
