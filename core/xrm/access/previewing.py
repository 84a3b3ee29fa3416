# SPDX-License-Identifier: Apache-2.0
"""What a change of rights would do, before it is made: permissions that come and go, rows and fields each person gains or loses.

Rows are counted by the gate itself, with the rights each person would have; up to 10,000 of a type, for at most 50 people.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select

from xrm.access.field_previewing import Fields, compare_fields
from xrm.access.grants import find_grant
from xrm.access.limits import permissions_of, refuse_more_than_own
from xrm.access.models import grant, user
from xrm.access.permission_sets import find_set
from xrm.access.policy import require_everywhere, scope, visible_party, visible_record, visible_role
from xrm.access.rights import Access, access_from
from xrm.access.scopes import Scope
from xrm.access.service import require_administering
from xrm.access.users import USER_COLUMNS, User
from xrm.access.vocabulary import check_permissions
from xrm.db.ids import new_id
from xrm.entities.models import entity
from xrm.errors import NotFound, msg
from xrm.roles.models import role
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork

ENOUGH = 10_000  # counting stops one above it
MOST_PEOPLE = 50
Place = tuple[uuid.UUID, uuid.UUID | None, str]  # set, department, depth


@dataclass(frozen=True)
class Rows:
    """How many rows of a type somebody sees now and would see; a number above ``ENOUGH`` says that there are more."""

    type: EntityType
    before: int
    after: int

    @property
    def gained(self) -> int:
        """How many more, as far as was counted."""
        return max(self.after - self.before, 0)

    @property
    def lost(self) -> int:
        """How many fewer, as far as was counted."""
        return max(self.before - self.after, 0)

    @property
    def is_exact(self) -> bool:
        """Whether both were counted to the end."""
        return max(self.before, self.after) <= ENOUGH


@dataclass(frozen=True)
class Affected:
    """Somebody whom the change meets: types of which they see more or fewer rows, guarded fields that they gain or lose."""

    user: User
    rows: tuple[Rows, ...]
    fields: tuple[Fields, ...] = ()


@dataclass(frozen=True)
class Preview:
    """What would change: permissions that come and go, the first people it meets, and how many more there are."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    people: tuple[Affected, ...]
    others: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.added or self.removed)


@dataclass
class _Counting:
    """Counts of one preview; people who see the same departments share them."""

    uow: UnitOfWork
    known: dict[tuple[str, Scope, uuid.UUID | None], int] = field(default_factory=dict)

    def count(self, theirs: UnitOfWork, entity_type: EntityType) -> int:
        where = scope(theirs, entity_type.name, "read")
        key = (entity_type.name, where, theirs.actor.user_id if where.own else None)
        if key not in self.known:
            self.known[key] = 0 if where.is_empty else _count(theirs, entity_type)
        return self.known[key]


def preview_set(uow: UnitOfWork, key: str, permissions: Iterable[str]) -> Preview:
    """What it would do if a set held these permissions.

    Raises:
        NotFound, PermissionDenied, InvalidInput: as ``change_permission_set``.
    """
    require_everywhere(uow, "user:administer")
    before = find_set(uow, key)
    wanted = check_permissions(uow.registry, permissions, known=before.permissions)
    refuse_more_than_own(uow, [*before.permissions, *wanted], None, "all")
    holders = select(grant.c.user_id).where(grant.c.permission_set_id == before.id).distinct()
    count = uow.execute(select(func.count()).select_from(holders.subquery())).scalar_one()
    first = select(*USER_COLUMNS).where(user.c.id.in_(holders)).order_by(user.c.name, user.c.id).limit(MOST_PEOPLE)
    people = [User(**row._mapping) for row in uow.execute(first)]
    affected = _compare(uow, people, lambda _, places: places, {before.id: wanted})
    added, removed = set(wanted) - set(before.permissions), set(before.permissions) - set(wanted)
    return Preview(tuple(sorted(added)), tuple(sorted(removed)), affected, int(count) - len(people))


def preview_grant(
    uow: UnitOfWork, user_id: uuid.UUID, set_key: str, *, department: uuid.UUID | None = None, depth: str = "department"
) -> Preview:
    """What it would do to give this grant.

    Raises:
        NotFound, PermissionDenied, InvalidInput: as ``give``.
    """
    return _preview_given(uow, _find(uow, user_id), set_key, department, depth)


def _preview_given(uow: UnitOfWork, who: User, set_key: str, department: uuid.UUID | None, depth: str) -> Preview:
    require_administering(uow, department, depth)
    held = find_set(uow, set_key)
    refuse_more_than_own(uow, ["user:administer", *held.permissions], department, depth)
    new = (held.id, None if depth == "all" else department, depth)
    affected = _compare(uow, [who], lambda _, places: [*places, new], {})
    return Preview(held.permissions, (), affected)


def preview_first_grant(
    uow: UnitOfWork, name: str, set_key: str, *, department: uuid.UUID | None = None, depth: str = "department"
) -> Preview:
    """What this grant would give to somebody of this name who has no login yet.

    Raises:
        NotFound, PermissionDenied, InvalidInput: as ``give``.
    """
    return _preview_given(uow, User(new_id(), "", name, is_active=True), set_key, department, depth)


def preview_end(uow: UnitOfWork, grant_id: uuid.UUID) -> Preview:
    """What it would do to end this grant.

    Raises:
        NotFound, PermissionDenied: as ``end_grant``.
    """
    found = find_grant(uow, grant_id)
    held = permissions_of(uow, found.set_id)
    refuse_more_than_own(uow, ["user:administer", *held], found.department_id, found.depth)
    gone = (found.set_id, found.department_id, found.depth)
    affected = _compare(uow, [_find(uow, found.user_id)], lambda _, places: [one for one in places if one != gone], {})
    return Preview((), tuple(held), affected)


def _find(uow: UnitOfWork, user_id: uuid.UUID) -> User:
    row = uow.execute(select(*USER_COLUMNS).where(user.c.id == user_id)).first()
    if row is None:
        raise NotFound(msg("There is no user with the id {id}.", id=user_id))
    return User(**row._mapping)


def _compare(
    uow: UnitOfWork, people: Sequence[User], then: Callable[[User, list[Place]], list[Place]],
    sets: dict[uuid.UUID, tuple[str, ...]],
) -> tuple[Affected, ...]:
    """Each person with their rights now and ``then``; ``sets`` says what sets would hold that are about to change."""
    places: dict[uuid.UUID, list[Place]] = {one.id: [] for one in people}
    for row in uow.execute(select(grant).where(grant.c.user_id.in_(list(places)))):
        places[row.user_id].append((row.permission_set_id, row.department_id, row.depth))
    after = {one.id: then(one, places[one.id]) for one in people}
    named = {place[0] for each in (*places.values(), *after.values()) for place in each}
    known: dict[uuid.UUID, Sequence[str]] = {one: permissions_of(uow, one) for one in named}
    counting = _Counting(uow)
    return tuple(
        _difference(counting, one, _access(uow, places[one.id], known), _access(uow, after[one.id], {**known, **sets}))
        for one in people
    )


def _access(uow: UnitOfWork, places: list[Place], sets: dict[uuid.UUID, Sequence[str]]) -> Access:
    """What these grants give, as far as who asks administers users: how much somebody sees elsewhere is not told."""
    found = access_from(uow, [(key, where, depth) for one, where, depth in places for key in sets[one]])
    mine = scope(uow, "user", "administer")
    if mine.is_everywhere:
        return found
    return Access(scopes={key: Scope.intersection((where, mine)) for key, where in found.scopes.items()})


def _difference(counting: _Counting, who: User, before: Access, after: Access) -> Affected:
    now, then = (_as(counting.uow, who, access) for access in (before, after))
    found = []
    for entity_type in counting.uow.registry.entity_types.values():
        if scope(now, entity_type.name, "read") != scope(then, entity_type.name, "read"):
            rows = Rows(entity_type, counting.count(now, entity_type), counting.count(then, entity_type))
            if rows.before != rows.after or not rows.is_exact:
                found.append(rows)
    return Affected(who, tuple(found), compare_fields(now, then))


def _as(uow: UnitOfWork, who: User, access: Access) -> UnitOfWork:
    """This moment of the data as somebody else would see it with these rights."""
    theirs = UnitOfWork(
        uow.connection, who.as_actor(uow.actor.via), uow.now, uow.registry, uow.host, uow.settings, is_write=False
    )
    theirs.cache[Access.__module__] = access
    return theirs


def _count(theirs: UnitOfWork, entity_type: EntityType) -> int:
    name = entity_type.name
    if entity_type.kind == "role":
        some = select(1).select_from(role).where(visible_role(theirs, [name]))
    elif entity_type.kind == "party":
        seen = visible_party(theirs, [name], entity.c.id)
        some = select(1).select_from(entity).where(entity.c.type == name, entity.c.deleted_at.is_(None), seen)
    else:
        some = select(1).select_from(entity).where(entity.c.deleted_at.is_(None), visible_record(theirs, [name]))
    return int(theirs.execute(select(func.count()).select_from(some.limit(ENOUGH + 1).subquery())).scalar_one())
