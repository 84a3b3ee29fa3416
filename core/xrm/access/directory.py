# SPDX-License-Identifier: Apache-2.0
"""Who is there and who has which rights, as far as the reader administers users: reads for the pages of the administration."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, func, or_, select, true

from xrm.access.models import grant, membership, permission, permission_set, user
from xrm.access.policy import in_scope, require, scope
from xrm.access.rights import permissions_for
from xrm.access.users import USER_COLUMNS, User
from xrm.departments.queries import get_tree
from xrm.errors import NotFound, msg
from xrm.folding import fold
from xrm.invitations.models import invitation
from xrm.schema.model import Label
from xrm.unit_of_work import UnitOfWork

RIGHT = ("user", "administer")
MOST_NAMED = 500


@dataclass(frozen=True)
class Given:
    """A grant as it is shown: who, which set, where (empty name: everywhere) and how deep."""

    id: uuid.UUID
    user_id: uuid.UUID
    user_name: str
    set_key: str
    label: Label
    department: uuid.UUID | None
    department_name: str
    depth: str


@dataclass(frozen=True)
class Person:
    """A user with what the reader may know: memberships and grants in departments where they administer users.

    ``grants_elsewhere`` counts the other grants.
    """

    user: User
    departments: tuple[uuid.UUID, ...] = ()
    grants: tuple[Given, ...] = ()
    grants_elsewhere: int = 0


@dataclass(frozen=True)
class Search:
    """Which people are wanted: words of name or address, ``state`` (on, invited, off, or empty), a department, a set."""

    text: str = ""
    state: str = ""
    department: uuid.UUID | None = None
    set_key: str = ""
    offset: int = 0
    limit: int = 100


@dataclass(frozen=True)
class Found:
    """One page of people, and how many there are in all."""

    people: tuple[Person, ...]
    count: int


@dataclass
class _Rows:
    members: dict[uuid.UUID, list[uuid.UUID]] = field(default_factory=dict)
    grants: dict[uuid.UUID, list[Given]] = field(default_factory=dict)


def search_people(uow: UnitOfWork, wanted: Search) -> Found:
    """The people whom the reader administers, by name: all, or those with a membership or a grant in their departments.

    Raises:
        PermissionDenied: without the right to administer users anywhere.
    """
    require(uow, "user:administer")
    rows = uow.execute(select(*USER_COLUMNS).where(is_administered(uow), _in_state(wanted.state)))
    words = fold(wanted.text).split()
    users = [User(**row._mapping) for row in rows]
    users = [
        one for one in users
        if all(word in f"{fold(one.name)} {one.email.casefold()}" for word in words)
    ]
    if wanted.department is not None or wanted.set_key:
        about = _about(uow, [one.id for one in users])
        users = [one for one in users if _fits(about, one.id, wanted)]
    users.sort(key=lambda one: (fold(one.name), one.email))
    page = users[wanted.offset : wanted.offset + wanted.limit]
    shown = _about(uow, [one.id for one in page])
    people = tuple(Person(one, tuple(shown.members.get(one.id, ())), tuple(shown.grants.get(one.id, ()))) for one in page)
    return Found(people, len(users))


def _fits(about: _Rows, one: uuid.UUID, wanted: Search) -> bool:
    grants = about.grants.get(one, [])
    in_department = wanted.department is None or wanted.department in about.members.get(one, ()) or any(
        item.department == wanted.department for item in grants
    )
    return in_department and (not wanted.set_key or any(item.set_key == wanted.set_key for item in grants))


def get_person(uow: UnitOfWork, user_id: uuid.UUID) -> Person:
    """One person.

    Raises:
        PermissionDenied: without the right to administer users anywhere.
        NotFound: when there is no such user among those whom the reader administers.
    """
    require(uow, "user:administer")
    row = uow.execute(select(*USER_COLUMNS).where(user.c.id == user_id, is_administered(uow))).first()
    if row is None:
        raise NotFound(msg("There is no such person among those whom you administer."))
    about = _about(uow, [user_id])
    grants = tuple(about.grants.get(user_id, ()))
    count = uow.execute(select(func.count()).select_from(grant).where(grant.c.user_id == user_id)).scalar_one()
    members = tuple(about.members.get(user_id, ()))
    return Person(User(**row._mapping), members, grants, int(count) - len(grants))


def list_grants(
    uow: UnitOfWork, *, users: Iterable[uuid.UUID] | None = None, department: uuid.UUID | None = None, set_key: str = "",
    limit: int | None = None,
) -> list[Given]:
    """Grants that the reader administers, by name of the user: of these users, in this department, of this set."""
    conditions: list[ColumnElement[bool]] = [_administered(uow, grant.c.department_id)]
    if users is not None:
        conditions.append(grant.c.user_id.in_(list(users)))
    if department is not None:
        conditions.append(grant.c.department_id == department)
    if set_key:
        conditions.append(permission_set.c.key == set_key)
    tree = get_tree(uow).by_id
    rows = uow.execute(
        select(grant.c.id, grant.c.user_id, user.c.name, grant.c.department_id, grant.c.depth, permission_set.c.key,
               permission_set.c.label_en, permission_set.c.label_fr)
        .join(permission_set, permission_set.c.id == grant.c.permission_set_id).join(user, user.c.id == grant.c.user_id)
        .where(*conditions).order_by(user.c.name, permission_set.c.key, grant.c.id).limit(limit)
    )
    return [
        Given(row.id, row.user_id, row.name, row.key, Label({"en": row.label_en, "fr": row.label_fr}), row.department_id,
              tree[row.department_id].name if row.department_id is not None else "", row.depth)
        for row in rows
    ]


def list_members(uow: UnitOfWork, department: uuid.UUID) -> list[User]:
    """The members of a department by name.

    Raises:
        PermissionDenied: without the right to administer users there.
    """
    require(uow, "user:administer", department)
    rows = uow.execute(
        select(*USER_COLUMNS).join(membership, membership.c.user_id == user.c.id)
        .where(membership.c.department_id == department).order_by(user.c.name, user.c.id)
    )
    return [User(**row._mapping) for row in rows]


def count_members(uow: UnitOfWork) -> dict[uuid.UUID, int]:
    """Department → number of its members, where the reader administers users."""
    rows = uow.execute(
        select(membership.c.department_id, func.count().label("number")).where(_administered(uow, membership.c.department_id))
        .group_by(membership.c.department_id)
    )
    return {row.department_id: row.number for row in rows}


def count_grants(uow: UnitOfWork) -> dict[str, int]:
    """Permission set → number of its grants that the reader administers."""
    rows = uow.execute(
        select(permission_set.c.key, func.count().label("number")).join(grant, grant.c.permission_set_id == permission_set.c.id)
        .where(_administered(uow, grant.c.department_id)).group_by(permission_set.c.key)
    )
    return {row.key: row.number for row in rows}


def administrators_of(uow: UnitOfWork, departments: Sequence[uuid.UUID | None], *, most: int = 5) -> list[str]:
    """The names of active users who give rights in one of these departments (None: everywhere), those nearest first.

    Colleagues are known to each other, and whoever is refused something has to know whom to ask.
    """
    tree = get_tree(uow)
    rows = uow.execute(
        select(user.c.name, grant.c.department_id, grant.c.depth).distinct()
        .join(grant, grant.c.user_id == user.c.id).join(permission, permission.c.permission_set_id == grant.c.permission_set_id)
        .where(user.c.is_active, permission.c.permission.in_(permissions_for(*RIGHT))).order_by(user.c.name)
    ).all()

    def covers(place: uuid.UUID | None, depth: str) -> bool:
        if depth == "all":
            return True
        if depth == "own" or place is None:
            return False
        there = tree.below(place) if depth == "below" else {place}
        return any(one in there for one in departments)

    found = sorted((row.depth == "all", fold(row.name), row.name) for row in rows if covers(row.department_id, row.depth))
    return list(dict.fromkeys(name for _, _, name in found))[:most]


def _in_state(state: str) -> ColumnElement[bool]:
    invited = user.c.id.in_(select(invitation.c.user_id))
    conditions = {"on": and_(user.c.is_active, ~invited), "invited": and_(user.c.is_active, invited), "off": ~user.c.is_active}
    return conditions.get(state, true())


def is_administered(uow: UnitOfWork) -> ColumnElement[bool]:
    """The SQL condition that a row of ``user`` is somebody whom the reader administers, at least in one department."""
    if scope(uow, *RIGHT).is_everywhere:
        return true()
    of_members = select(membership.c.user_id).where(_administered(uow, membership.c.department_id))
    of_grants = select(grant.c.user_id).where(_administered(uow, grant.c.department_id))
    return or_(user.c.id.in_(of_members), user.c.id.in_(of_grants))


def _administered(uow: UnitOfWork, department: ColumnElement[uuid.UUID]) -> ColumnElement[bool]:
    return in_scope(scope(uow, *RIGHT), department, None, None)


def _about(uow: UnitOfWork, users: list[uuid.UUID]) -> _Rows:
    found = _Rows()
    # So many that naming each would be more than a statement takes: then all are read.
    named = users if len(users) <= MOST_NAMED else None
    for given in list_grants(uow, users=named):
        found.grants.setdefault(given.user_id, []).append(given)
    order = {one: number for number, one in enumerate(get_tree(uow).by_id)}
    mine = true() if named is None else membership.c.user_id.in_(named)
    rows = uow.execute(select(membership).where(mine, _administered(uow, membership.c.department_id)))
    for row in sorted(rows, key=lambda row: order[row.department_id]):
        found.members.setdefault(row.user_id, []).append(row.department_id)
    return found
