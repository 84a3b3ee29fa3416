# SPDX-License-Identifier: Apache-2.0
"""Changes of permission sets: what they hold and are called, copies, deletion, and the way back to what was shipped."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update

from xrm.access.limits import keeping_an_administrator, permissions_of, refuse_more_than_own
from xrm.access.models import grant, permission, permission_set
from xrm.access.policy import require_everywhere
from xrm.access.recording import note
from xrm.access.service import SHIPPED_SETS, create_permission_set
from xrm.access.vocabulary import check_permissions, checked_label
from xrm.errors import Conflict, NotFound, msg
from xrm.schema.suggest import unknown
from xrm.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Held:
    """A set as it is: its row, and what it holds; ``second_factor``: whoever has it needs one to sign in."""

    id: uuid.UUID
    key: str
    label: Mapping[str, str]
    permissions: tuple[str, ...]
    second_factor: bool = False


def find_set(uow: UnitOfWork, key: str) -> Held:
    """The set of this key; what can be granted is no secret.

    Raises:
        NotFound: when there is none.
    """
    row = uow.execute(select(permission_set).where(permission_set.c.key == key)).first()
    if row is None:
        raise NotFound(unknown("permission set", key[:100], uow.execute(select(permission_set.c.key)).scalars()))
    return Held(row.id, key, {"en": row.label_en, "fr": row.label_fr}, tuple(permissions_of(uow, row.id)), row.second_factor)


def change_permission_set(
    uow: UnitOfWork, key: str, permissions: Iterable[str], label: Mapping[str, str] | None = None, *,
    second_factor: bool | None = None,
) -> tuple[str, ...]:
    """Make a set hold these permissions from now on, and return them; everybody who has it feels it at their next request.

    ``second_factor``: whether whoever has it has to set one up at the next sign-in; None leaves it as it is.

    Raises:
        PermissionDenied: without the right to administer users everywhere, or when the set holds, or would hold, more than one
            has oneself: rights of others above oneself are not touched, and nobody raises their own.
        NotFound: when there is no such set.
        InvalidInput: for an unknown subject or verb, or a wrong label.
        Conflict: when nobody would administer everything any more.
    """
    require_everywhere(uow, "user:administer")
    before = find_set(uow, key)
    wanted = check_permissions(uow.registry, permissions, known=before.permissions)
    refuse_more_than_own(uow, [*before.permissions, *wanted], None, "all")
    with keeping_an_administrator(uow):
        gone, new = set(before.permissions) - set(wanted), sorted(set(wanted) - set(before.permissions))
        if gone:
            uow.execute(
                delete(permission).where(permission.c.permission_set_id == before.id, permission.c.permission.in_(sorted(gone)))
            )
        if new:
            uow.execute(insert(permission), [{"permission_set_id": before.id, "permission": one} for one in new])
        if gone or new:
            changes = {"permissions": (list(before.permissions), list(wanted))}
            note(uow, before.id, "permission_set", "permission_set.changed", changes)
    if label is not None:
        _name(uow, before, checked_label(label))
    if second_factor is not None:
        _ask_for_second(uow, before, is_needed=second_factor)
    return wanted


def _ask_for_second(uow: UnitOfWork, before: Held, *, is_needed: bool) -> None:
    if is_needed != before.second_factor:
        uow.execute(update(permission_set).where(permission_set.c.id == before.id).values(second_factor=is_needed))
        changes = {"second_factor": (before.second_factor, is_needed)}
        note(uow, before.id, "permission_set", "permission_set.changed", changes)


def _name(uow: UnitOfWork, before: Held, texts: Mapping[str, str]) -> None:
    if texts != before.label:
        mine = permission_set.c.id == before.id
        uow.execute(update(permission_set).where(mine).values(label_en=texts["en"], label_fr=texts["fr"]))
        changes = {f"label_{code}": (before.label[code], texts[code]) for code in texts}
        note(uow, before.id, "permission_set", "permission_set.renamed", changes)


def copy_permission_set(uow: UnitOfWork, key: str, new_key: str, label: Mapping[str, str]) -> uuid.UUID:
    """Make a set that holds and asks for the same, to be changed on its own, and return its id.

    Raises:
        NotFound: when there is no such set.
        PermissionDenied, InvalidInput, Conflict: as ``create_permission_set``.
    """
    pattern = find_set(uow, key)
    one = create_permission_set(uow, new_key, label, pattern.permissions)
    _ask_for_second(uow, find_set(uow, new_key), is_needed=pattern.second_factor)
    return one


def restore_permission_set(uow: UnitOfWork, key: str) -> None:
    """Make a shipped set hold again what it was shipped with; whether it asks for a second factor stays.

    Raises:
        NotFound: for a set that was not shipped.
        PermissionDenied, Conflict: as ``change_permission_set``.
    """
    if key not in SHIPPED_SETS:
        raise NotFound(unknown("shipped permission set", key[:100], SHIPPED_SETS))
    change_permission_set(uow, key, SHIPPED_SETS[key][2])


def delete_permission_set(uow: UnitOfWork, key: str) -> None:
    """Delete a set that nobody has.

    Raises:
        PermissionDenied: without the right to administer users everywhere, or when it holds more than one has oneself.
        NotFound: when there is no such set.
        Conflict: while somebody has it (``in_use``), and for a shipped one (``shipped``).
    """
    require_everywhere(uow, "user:administer")
    before = find_set(uow, key)
    refuse_more_than_own(uow, before.permissions, None, "all")
    if key in SHIPPED_SETS:
        raise Conflict(msg("{set} comes with the program: it can be changed, not deleted.", set=key), code="shipped")
    used = uow.execute(select(func.count()).select_from(grant).where(grant.c.permission_set_id == before.id)).scalar_one()
    if used:
        raise Conflict(
            msg("{set} is still granted {count} times. End these grants first; its page lists them.", set=key, count=used),
            code="in_use",
        )
    uow.execute(delete(permission_set).where(permission_set.c.id == before.id))
    note(uow, before.id, "permission_set", "permission_set.deleted", {"permissions": (list(before.permissions), None)})
