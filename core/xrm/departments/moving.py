# SPDX-License-Identifier: Apache-2.0
"""Moving a department below another, and deleting one that is empty."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, delete, func, select, update

from xrm.access.limits import line_of, permissions_of, refuse_more_than_own
from xrm.access.models import grant, membership
from xrm.access.policy import require, require_everywhere
from xrm.access.recording import note
from xrm.audit.service import record_audit
from xrm.db.metadata import metadata
from xrm.departments.models import department
from xrm.departments.naming import refuse_twin
from xrm.departments.queries import get_tree
from xrm.entities.models import party_department
from xrm.errors import Conflict, InvalidInput, NotFound, Problem, msg
from xrm.events import record_event
from xrm.unit_of_work import UnitOfWork

RIGHT = "department:administer"
ENOUGH = 10_000  # counting stops one above it


@dataclass(frozen=True)
class Contents:
    """What stands in a department, deleted things in the bin included; ``counts`` by table, those above 0."""

    below: tuple[str, ...]
    counts: dict[str, int]
    members: int
    grants: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in the way of its deletion; members and grants do not."""
        return not (self.below or self.counts)


def move_department(uow: UnitOfWork, department_id: uuid.UUID, parent: uuid.UUID | None) -> None:
    """Put a department, with all below it, below another one (None: at the top).

    Whoever has rights there *and below* has them in it from then on, so that nobody moves a department to where others, or they
    themselves, would get more in it than the mover has.

    Raises:
        PermissionDenied: without the right to administer departments in it and all below, where it stands, and where it goes; or
            when rights would be given that the mover does not have.
        NotFound: when one of them is not there.
        InvalidInput: when it would stand below itself.
        Conflict: when there is one of that name.
    """
    require(uow, RIGHT, department_id)
    tree = get_tree(uow)
    before = tree.by_id.get(department_id)
    if before is None:
        raise NotFound(msg("There is no department with the id {id}.", id=department_id))
    if parent == before.parent_id:
        return
    for end in (before.parent_id, parent):
        if end is None:
            require_everywhere(uow, RIGHT)
        else:
            require(uow, RIGHT, end)
    refuse_more_than_own(uow, [RIGHT], department_id, "below")
    if parent is not None and parent in tree.below(department_id):
        raise InvalidInput([Problem("parent", msg("{name} cannot stand below itself.", name=before.name))])
    refuse_twin(uow, before.name, parent, but=department_id)
    if parent is not None:
        _refuse_gained_rights(uow, department_id, parent)
    uow.execute(update(department).where(department.c.id == department_id).values(parent_id=parent))
    names = tuple(tree.by_id[one].name if one else None for one in (before.parent_id, parent))
    _note(uow, department_id, "department.moved", {"parent": (names[0], names[1])})


def _refuse_gained_rights(uow: UnitOfWork, department_id: uuid.UUID, parent: uuid.UUID) -> None:
    gaining = set(line_of(uow, parent)) - set(line_of(uow, department_id))
    reaching = grant.c.depth == "below", grant.c.department_id.in_(sorted(gaining))
    for one in uow.execute(select(grant.c.permission_set_id).distinct().where(*reaching)).scalars().all():
        refuse_more_than_own(uow, permissions_of(uow, one), department_id, "below")


def contents_of(uow: UnitOfWork, department_id: uuid.UUID) -> Contents:
    """What stands in a department, for those who administer it.

    Raises:
        PermissionDenied: without the right to administer departments there.
        NotFound: when it is not there.
    """
    require(uow, RIGHT, department_id)
    tree = get_tree(uow).by_id
    if department_id not in tree:
        raise NotFound(msg("There is no department with the id {id}.", id=department_id))
    counts = {table.name: _count(uow, table, table.c.department_id == department_id) for table in _holding_tables()}
    return Contents(
        tuple(one.name for one in tree.values() if one.parent_id == department_id),
        {name: count for name, count in counts.items() if count},
        _count(uow, membership, membership.c.department_id == department_id),
        _count(uow, grant, grant.c.department_id == department_id),
    )


def _holding_tables() -> list[Table]:
    """The tables whose rows stand in a department and do not go with it."""
    return [
        table for table in metadata.sorted_tables
        if table is not party_department and "department_id" in table.c
        and any(key.column is department.c.id and key.ondelete != "CASCADE" for key in table.c.department_id.foreign_keys)
    ]


def _count(uow: UnitOfWork, table: Table, condition: ColumnElement[bool]) -> int:
    some = select(1).select_from(table).where(condition).limit(ENOUGH + 1).subquery()
    return int(uow.execute(select(func.count()).select_from(some)).scalar_one())


def delete_department(uow: UnitOfWork, department_id: uuid.UUID) -> None:
    """Delete a department in which nothing stands; its memberships and grants end.

    Raises:
        PermissionDenied: without the right to administer departments in it and above it, or users who have grants in it.
        NotFound: when it is not there.
        Conflict: (``not_empty``) while departments or data stand in it.
    """
    inside = contents_of(uow, department_id)
    before = get_tree(uow).by_id[department_id]
    if before.parent_id is None:
        require_everywhere(uow, RIGHT)
    else:
        require(uow, RIGHT, before.parent_id)
    if not inside.is_empty:
        raise Conflict(
            msg("{name} is not empty. Give what stands in it to another department first, deleted things in the bin included: "
                "xrm department move-contents {name} --to NAME", name=before.name),
            code="not_empty",
        )
    if inside.grants or inside.members:
        require(uow, "user:administer", department_id)
        _end_rights(uow, department_id)
    uow.execute(delete(department).where(department.c.id == department_id))
    _note(uow, department_id, "department.deleted", {"name": (before.name, None)})


def _end_rights(uow: UnitOfWork, department_id: uuid.UUID) -> None:
    """Take away grants and memberships one by one, so that each person's history says so."""
    held = select(grant.c.user_id, grant.c.permission_set_id, grant.c.depth).where(grant.c.department_id == department_id)
    for row in uow.execute(held).all():
        refuse_more_than_own(uow, permissions_of(uow, row.permission_set_id), department_id, row.depth)
        was = {"set": (str(row.permission_set_id), None), "department": (str(department_id), None), "depth": (row.depth, None)}
        note(uow, row.user_id, "user", "grant.ended", was)
    members = select(membership.c.user_id).where(membership.c.department_id == department_id)
    for one in uow.execute(members).scalars().all():
        note(uow, one, "user", "membership.ended", {"department": (str(department_id), None)})
    uow.execute(delete(grant).where(grant.c.department_id == department_id))
    uow.execute(delete(membership).where(membership.c.department_id == department_id))


def _note(uow: UnitOfWork, one: uuid.UUID, action: str, changes: dict[str, tuple[str | None, str | None]]) -> None:
    record_audit(uow, action, one, "department", changes, department=one)
    record_event(uow, action, "department", (one,), one)
