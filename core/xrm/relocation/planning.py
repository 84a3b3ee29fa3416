# SPDX-License-Identifier: Apache-2.0
"""What moving the contents of a department would do: how many of each kind, and who sees how many more or fewer."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, and_, exists, false, func, not_, or_, select, true

from xrm.access.limits import line_of
from xrm.access.models import grant, permission, user
from xrm.access.policy import allowed, in_scope
from xrm.access.previewing import MOST_PEOPLE, Affected, Rows
from xrm.access.rights import Access, access_from, permissions_for
from xrm.access.scopes import Scope
from xrm.access.users import USER_COLUMNS, User
from xrm.departments.queries import get_tree
from xrm.entities.models import entity
from xrm.errors import InvalidInput, Problem, msg
from xrm.relocation.kinds import Kind, chosen_kinds, kinds_in
from xrm.relocation.rights import require_places
from xrm.roles.models import role
from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Taken:
    """Roles of a type that cannot go: a value that has to be unique in a department is there already."""

    type: str
    count: int


@dataclass(frozen=True)
class MovePlan:
    """What would move; ``taken`` and kinds with an obstacle come in the way; the first people who gain or lose sight."""

    kinds: tuple[Kind, ...]
    taken: tuple[Taken, ...]
    people: tuple[Affected, ...]
    others: int = 0

    @property
    def count(self) -> int:
        """How many rows would move."""
        return sum(one.count for one in self.kinds)

    @property
    def is_possible(self) -> bool:
        """Whether nothing stands in the way."""
        return bool(self.kinds) and not self.taken and not any(one.obstacle for one in self.kinds)


def plan_move(
    uow: UnitOfWork, source: uuid.UUID, target: uuid.UUID, types: Collection[str] | None = None
) -> MovePlan:
    """What it would do to give all that stands in ``source``, or some ``types`` of it, to ``target``.

    Sight is told by rights alone, and only to those who administer people in both.

    Raises:
        PermissionDenied: without the right to administer both departments.
        NotFound: when one of them is not there.
        InvalidInput: for a type of which nothing is there, or one department for both.
    """
    require_places(uow, source, target)
    if source == target:
        raise InvalidInput([Problem("target", msg("Choose another department than the one that is emptied."))])
    kinds = chosen_kinds(kinds_in(uow, source, target), types)
    # Who has which rights is known to those who administer people at both ends.
    knows_people = all(allowed(uow, "user:administer", one) for one in (source, target))
    people, others = _people(uow, (source, target), kinds) if knows_people else ((), 0)
    return MovePlan(kinds, tuple(_taken(uow, source, target, kinds)), people, others)


def _taken(uow: UnitOfWork, source: uuid.UUID, target: uuid.UUID, kinds: tuple[Kind, ...]) -> Iterator[Taken]:
    for kind in kinds:
        if kind.group != "role" or kind.obstacle:
            continue
        declared = uow.registry.get(kind.name)
        here, there = declared.table, declared.table.alias()
        rules = [
            exists(select(1).where(there.c.department_id == target, *(there.c[one] == here.c[one] for one in keys)))
            for field in declared.fields.values() if field.unique
            if (keys := declared.field_type(field.key).key_columns(field))
        ]
        if rules:
            some = select(func.count()).select_from(here).where(here.c.department_id == source, or_(*rules))
            count = uow.execute(some).scalar_one()
            if count:
                yield Taken(kind.name, count)


def _people(uow: UnitOfWork, places: tuple[uuid.UUID, uuid.UUID], kinds: tuple[Kind, ...]) -> tuple[tuple[Affected, ...], int]:
    """Those who see more or less afterwards, by name. A party is seen by its roles too, wherever its home is."""
    types = [one.name for one in kinds if one.group != "beside" and one.name in uow.registry.entity_types]
    counting = _Counting(uow, places, frozenset(types))
    if any(uow.registry.get(one).kind == "role" for one in types):
        types += [one.name for one in uow.registry.party_types() if one.name not in types]
    affected = []
    differing = [(who, access) for who, access in _accesses(uow, places, types) if _differs(access, places, types)]
    for who, access in differing[:MOST_PEOPLE]:
        rows = tuple(found for one in types if (found := counting.rows(one, access, who)) is not None)
        if rows:
            affected.append(Affected(who, rows))
    return tuple(affected), max(0, len(differing) - MOST_PEOPLE)


def _accesses(uow: UnitOfWork, places: tuple[uuid.UUID, uuid.UUID], types: list[str]) -> list[tuple[User, Access]]:
    keys = {key for one in types for key in permissions_for(one, "read")}
    lines = {one for place in places for one in line_of(uow, place)}
    # All grants of those who have one at either end: what they see elsewhere they go on seeing.
    near = select(grant.c.user_id).where(grant.c.department_id.in_(sorted(lines)))
    rows = uow.execute(
        select(*USER_COLUMNS, permission.c.permission, grant.c.department_id, grant.c.depth)
        .join(grant, grant.c.user_id == user.c.id)
        .join(permission, permission.c.permission_set_id == grant.c.permission_set_id)
        .where(user.c.is_active, permission.c.permission.in_(sorted(keys)), user.c.id.in_(near))
        .order_by(user.c.name, user.c.id)
    ).mappings()
    people: dict[uuid.UUID, tuple[User, list[tuple[str, uuid.UUID | None, str]]]] = {}
    for row in rows:
        who = User(**{column.name: row[column.name] for column in USER_COLUMNS})
        people.setdefault(who.id, (who, []))[1].append((row["permission"], row["department_id"], row["depth"]))
    return [(who, access_from(uow, given)) for who, given in people.values()]


def _differs(access: Access, places: tuple[uuid.UUID, uuid.UUID], types: list[str]) -> bool:
    return any(_level(where, places[0]) != _level(where, places[1]) for where in (access.scope(one, "read") for one in types))


def _level(where: Scope, place: uuid.UUID) -> str:
    return "all" if where.covers(place) else "own" if where.covers(place, is_own=True) else "none"


class _Counting:
    """Counts of one plan; people who see the same departments share them. ``moved`` are the types that go."""

    def __init__(self, uow: UnitOfWork, places: tuple[uuid.UUID, uuid.UUID], moved: frozenset[str]) -> None:
        self._uow, self._places, self._moved = uow, places, moved
        self._known: dict[object, tuple[int, int]] = {}

    def rows(self, type_name: str, access: Access, who: User) -> Rows | None:
        """How many of the rows that are concerned somebody sees now and afterwards; None when that is the same number."""
        where = access.scope(type_name, "read")
        key = type_name, where, who.id if where.own else None
        if key not in self._known:
            self._known[key] = self._count(type_name, where, who.id)
        before, after = self._known[key]
        return Rows(self._uow.registry.get(type_name), before, after) if before != after else None

    def _count(self, type_name: str, where: Scope, user_id: uuid.UUID) -> tuple[int, int]:
        kind = self._uow.registry.get(type_name).kind
        own = role if kind == "role" else entity
        concerned, seen = self._goes(own), [in_scope(where, own.c.department_id, own.c.owner_id, user_id),
                                            self._after(own, where, user_id)]
        if kind == "party":
            mine = select(1).select_from(role).where(role.c.party_id == entity.c.id, role.c.deleted_at.is_(None))
            concerned = or_(concerned, exists(mine.where(self._goes(role))))
            inside = in_scope(where, role.c.department_id, role.c.owner_id, user_id)
            seen = [or_(seen[0], exists(mine.where(inside))), or_(seen[1], exists(mine.where(self._after(role, where, user_id))))]
        here = own.c.type == type_name, own.c.deleted_at.is_(None), concerned
        before, after = (
            self._uow.execute(select(func.count()).select_from(own).where(*here, one)).scalar_one() for one in seen
        )
        return int(before), int(after)

    def _goes(self, table: Table) -> ColumnElement[bool]:
        return and_(table.c.department_id == self._places[0], table.c.type.in_(sorted(self._moved)))

    def _after(self, table: Table, where: Scope, user_id: uuid.UUID) -> ColumnElement[bool]:
        """The SQL condition that somebody sees a row when what goes has gone."""
        there = {"all": true(), "own": table.c.owner_id == user_id, "none": false()}[_level(where, self._places[1])]
        stays = and_(not_(self._goes(table)), in_scope(where, table.c.department_id, table.c.owner_id, user_id))
        return or_(and_(self._goes(table), there), stays)


def names_of_places(uow: UnitOfWork, source: uuid.UUID, target: uuid.UUID) -> tuple[str, str]:
    """What the two departments are called."""
    tree = get_tree(uow).by_id
    return tree[source].name, tree[target].name
