# SPDX-License-Identifier: Apache-2.0
"""Changes of departments."""

from __future__ import annotations

import uuid

from sqlalchemy import insert, update

from xrm.access.policy import require, require_everywhere
from xrm.audit.service import record_audit
from xrm.db.ids import new_id
from xrm.departments.activation import take_over_activations
from xrm.departments.models import department
from xrm.departments.naming import refuse_twin
from xrm.departments.queries import get_tree
from xrm.errors import InvalidInput, NotFound, Problem, msg
from xrm.events import record_event
from xrm.folding import fold
from xrm.unit_of_work import UnitOfWork

LONGEST_NAME = 120


def create_department(uow: UnitOfWork, name: str, *, parent: uuid.UUID | None = None) -> uuid.UUID:
    """Create a department (at the top, or below another, whose plugins it takes over) and return its id.

    Raises:
        PermissionDenied: without the right to administer departments there.
        InvalidInput: for an empty or over-long name.
        NotFound: when the parent is not there.
        Conflict: when the parent has one of that name.
    """
    if parent is None:
        require_everywhere(uow, "department:administer")
    else:
        require(uow, "department:administer", parent)
    name = _clean(name)
    refuse_twin(uow, name, parent)
    one = new_id()
    uow.execute(insert(department).values(id=one, parent_id=parent, name=name, name_key=fold(name), created_at=uow.now))
    if parent is not None:
        take_over_activations(uow, parent, one)
    _note(uow, one, "department.created", {"name": (None, name)})
    return one


def rename_department(uow: UnitOfWork, department_id: uuid.UUID, name: str) -> None:
    """Give a department another name.

    Raises:
        NotFound, PermissionDenied, InvalidInput, Conflict: as ``create_department``.
    """
    require(uow, "department:administer", department_id)
    before = get_tree(uow).by_id.get(department_id)
    if before is None:
        raise NotFound(msg("There is no department with the id {id}.", id=department_id))
    name = _clean(name)
    refuse_twin(uow, name, before.parent_id, but=department_id)
    uow.execute(update(department).where(department.c.id == department_id).values(name=name, name_key=fold(name)))
    _note(uow, department_id, "department.renamed", {"name": (before.name, name)})


def _clean(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput([Problem("name", msg("Give a name of 1 to {most} characters.", most=LONGEST_NAME))])
    return name


def _note(uow: UnitOfWork, one: uuid.UUID, action: str, changes: dict[str, tuple[str | None, str]]) -> None:
    record_audit(uow, action, one, "department", changes, department=one)
    record_event(uow, action, "department", (one,), one)
