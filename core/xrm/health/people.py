# SPDX-License-Identifier: Apache-2.0
"""Checks of people: who administers and how well that is guarded, who has rights, departments that nobody works in, tokens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select

from xrm.access.models import grant, membership, permission, user
from xrm.departments.queries import get_tree
from xrm.entities.models import entity
from xrm.errors import msg
from xrm.factors.models import passkey, totp
from xrm.health.findings import HealthFinding
from xrm.health.surroundings import is_local
from xrm.tokens.models import token
from xrm.unit_of_work import UnitOfWork

FEW = 5  # active users, below which one administrator is enough
SOON = timedelta(days=14)
IN_USE = timedelta(days=30)
NAMED = 5


def check_administrators(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Whether somebody can administer, and somebody else when they are away."""
    administrators = _count(uow, user.c.is_active.is_(True), _administers())
    if not administrators:
        yield HealthFinding("administrator", "bad", msg("No active user may administer users in all departments."),
                            msg("Run xrm user grant on the machine of the instance."))
    users = _count(uow, user.c.is_active.is_(True))
    if administrators == 1 and users >= FEW:
        said = msg("One of {count} users administers, and nobody else can when they are away.", count=users)
        yield HealthFinding("administrator", "warn", said, msg("Give a second person the permission set Administrator."))


def check_second_factors(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Whether administrators of an instance that others reach come in by a password alone."""
    if is_local(uow.settings):
        return
    proven = exists().where(totp.c.user_id == user.c.id, totp.c.confirmed_at.is_not(None))
    alone = and_(user.c.is_active.is_(True), _administers(), user.c.password_hash.is_not(None), ~proven,
                 ~exists().where(passkey.c.user_id == user.c.id))
    if names := _names(uow, alone):
        said = msg("Administrators who sign in by a password alone: {names}.", names=names)
        yield HealthFinding("second factor", "warn", said,
                            msg('Let them set up an app or a passkey; second_factor = "administrators" in xrm.toml asks for it.'))


def check_users(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Who can sign in and do nothing, and who cannot sign in and would have rights."""
    has_grant = exists().where(grant.c.user_id == user.c.id)
    if without := _count(uow, user.c.is_active.is_(True), ~has_grant):
        said = msg("Active users who have no rights anywhere and see nothing: {count}.", count=without)
        yield HealthFinding("users", "warn", said, msg("Give them rights with xrm user grant, or deactivate them."))
    if names := _names(uow, and_(user.c.is_active.is_(False), has_grant)):
        said = msg("Logins that are switched off and still have rights: {names}.", names=names)
        yield HealthFinding("disabled users", "warn", said,
                            msg("Take their rights away, so that switching them on again gives none."))


def check_departments(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Departments that have records, and nobody who belongs to them or has rights there."""
    tree = get_tree(uow)
    manned = set(uow.execute(select(membership.c.department_id)).scalars())
    for row in uow.execute(select(grant.c.department_id, grant.c.depth)):
        if row.department_id is not None:
            manned |= tree.below(row.department_id)
        elif row.depth != "all":
            manned |= set(tree.by_id)
    names = [one.name for one in tree.by_id.values() if one.id not in manned and _has_records(uow, one.id)]
    if names:
        said = msg("Departments that have records and nobody who works in them: {names}.", names=", ".join(names[:NAMED]))
        yield HealthFinding("departments", "warn", said, msg("Make somebody a member, or give somebody rights there."))


def _has_records(uow: UnitOfWork, department_id: Any) -> bool:
    found = select(entity.c.id).where(entity.c.department_id == department_id, entity.c.deleted_at.is_(None)).limit(1)
    return uow.execute(found).first() is not None


def check_tokens(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """API tokens that programs use, and that open nothing any more in some days."""
    rows = uow.execute(
        select(token.c.name, token.c.expires_at).join(user, user.c.id == token.c.user_id)
        .where(token.c.revoked_at.is_(None), user.c.is_active.is_(True), token.c.expires_at > uow.now,
               token.c.expires_at < uow.now + SOON, token.c.last_used_at > uow.now - IN_USE)
        .order_by(token.c.expires_at)
    ).all()
    if rows:
        named = ", ".join(f"{row.name} ({row.expires_at:%Y-%m-%d})" for row in rows[:NAMED])
        yield HealthFinding("tokens", "warn", msg("API tokens that are in use expire soon: {names}.", names=named),
                            msg("Make new ones, and give them to the programs that use these."))


def _administers() -> ColumnElement[bool]:
    everything = permission.c.permission.in_(("*:*", "user:administer", "*:administer", "user:*"))
    return exists().where(grant.c.user_id == user.c.id, grant.c.depth == "all", everything,
                          permission.c.permission_set_id == grant.c.permission_set_id)


def _count(uow: UnitOfWork, *where: ColumnElement[bool]) -> int:
    return int(uow.execute(select(func.count()).select_from(user).where(*where)).scalar_one())


def _names(uow: UnitOfWork, where: ColumnElement[bool]) -> str:
    """The first ones by address, and of how many more there are."""
    found = list(uow.execute(select(user.c.email).where(where).order_by(user.c.email_key)).scalars())
    return ", ".join([*found[:NAMED], *([f"+ {len(found) - NAMED}"] if len(found) > NAMED else [])])
