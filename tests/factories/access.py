# SPDX-License-Identifier: Apache-2.0
"""Departments and users with rights, written straight into their tables so that tests of the gate do not lean on it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import insert

from xrm.access.models import grant, membership, permission, permission_set, user
from xrm.db.ids import new_id
from xrm.departments.models import department
from xrm.departments.standing import count_up
from xrm.folding import fold
from xrm.unit_of_work import Actor, UnitOfWork

Rights = Mapping[uuid.UUID, Sequence[str]] | Mapping[None, Sequence[str]] | Mapping[uuid.UUID | None, Sequence[str]]


class Departments(NamedTuple):
    """The ids of the departments every test finds; ``sales_north`` lies below ``sales``."""

    sales: uuid.UUID
    press: uuid.UUID
    service: uuid.UUID
    sales_north: uuid.UUID


def add_department(uow: UnitOfWork, name: str, parent: uuid.UUID | None = None) -> uuid.UUID:
    """The id of a new department."""
    key = new_id()
    uow.execute(insert(department).values(id=key, parent_id=parent, name=name, name_key=fold(name), created_at=uow.now))
    count_up(uow)
    return key


def add_departments(uow: UnitOfWork) -> Departments:
    """The departments every test finds."""
    sales, press, service = (add_department(uow, name) for name in ("Sales", "Press", "Service"))
    return Departments(sales, press, service, add_department(uow, "Sales North", sales))


def add_user(
    uow: UnitOfWork, email: str, rights: Rights, *, depth: str = "department"
) -> Actor:
    """A new user, as an actor. ``rights``: department → permissions such as ``customer:read``; None for the depth ``all``."""
    key = new_id()
    uow.execute(
        insert(user).values(id=key, email=email, email_key=fold(email), name=email.partition("@")[0], is_active=True,
                            created_at=uow.now)
    )
    for where, permissions in rights.items():
        bundle = new_id()
        uow.execute(insert(permission_set).values(id=bundle, key=f"test_{bundle.hex}", label_en="Test", label_fr="Essai"))
        uow.execute(insert(permission), [{"permission_set_id": bundle, "permission": name} for name in permissions])
        uow.execute(
            insert(grant).values(id=new_id(), user_id=key, permission_set_id=bundle, department_id=where, depth=depth)
        )
        if where is not None:
            uow.execute(insert(membership).values(user_id=key, department_id=where))
    count_up(uow)
    return Actor(kind="user", user_id=key, name=email, via="test")
