# SPDX-License-Identifier: Apache-2.0
"""Changes of users, memberships, permission sets and grants."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping

from sqlalchemy import insert, select, update

from xrm.access.addresses import email_key
from xrm.access.limits import keeping_an_administrator, permissions_of, refuse_more_than_own, require_charge, require_standing
from xrm.access.models import grant, membership, permission, permission_set, user
from xrm.access.passwords import hash_password
from xrm.access.policy import require, require_everywhere
from xrm.access.recording import note
from xrm.access.sessions import drop_sessions, want_renewal
from xrm.access.users import free_email
from xrm.access.vocabulary import check_permissions, checked_label
from xrm.db.ids import new_id
from xrm.errors import Conflict, InvalidInput, NotFound, Problem, msg
from xrm.schema.fields.characters import is_storable
from xrm.schema.suggest import unknown
from xrm.unit_of_work import UnitOfWork

# Administering is no verb that a wildcard of subjects gives by accident: only ``*:*`` and ``*:administer`` have it.
SHIPPED_SETS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "administrator": ("Administrator", "Administration", ("*:*",)),
    "department_administrator": (
        "Department administrator", "Administration du service",
        (*(f"*:{verb}" for verb in ("read", "create", "update", "delete", "link", "send", "import", "export", "administer")),
         "audit:read"),
    ),
    "editor": ("Editor", "Rédaction", tuple(f"*:{verb}" for verb in ("read", "create", "update", "delete", "link", "send"))),
    "reader": ("Reader", "Lecture", ("*:read",)),
    "auditor": ("Auditor", "Audit", ("*:read", "audit:read")),
}
SET_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
DEPTHS = ("own", "department", "below", "all")
CHANGEABLE = {"language": ("", "en", "fr"), "theme": ("auto", "light", "dark"), "density": ("compact", "normal", "comfortable")}


def create_shipped_sets(uow: UnitOfWork) -> None:
    """Make the permission sets every instance starts with; those that are there stay as they are."""
    require_everywhere(uow, "user:administer")
    present = set(uow.execute(select(permission_set.c.key)).scalars())
    for key, (english, french, permissions) in SHIPPED_SETS.items():
        if key not in present:
            create_permission_set(uow, key, {"en": english, "fr": french}, permissions)


def create_permission_set(uow: UnitOfWork, key: str, label: Mapping[str, str], permissions: Iterable[str]) -> uuid.UUID:
    """Make a named bundle of permissions (``subject:verb``) and return its id.

    Raises:
        PermissionDenied: without the right to administer users everywhere, or for permissions that one does not have oneself.
        InvalidInput: for a wrong key, label, subject or verb.
        Conflict: when there is a set of that key.
    """
    require_everywhere(uow, "user:administer")
    wanted = check_permissions(uow.registry, permissions)
    refuse_more_than_own(uow, wanted, None, "all")
    if not SET_KEY.fullmatch(key):
        raise InvalidInput([Problem("key", msg("Give a key of small letters, digits and _, such as press_reader."))])
    texts = checked_label(label)
    if uow.execute(select(permission_set.c.id).where(permission_set.c.key == key)).first() is not None:
        raise Conflict(msg("There is a permission set {key} already. Choose another key.", key=key), code="taken")
    one = new_id()
    uow.execute(insert(permission_set).values(id=one, key=key, label_en=texts["en"], label_fr=texts["fr"]))
    if wanted:
        uow.execute(insert(permission), [{"permission_set_id": one, "permission": text} for text in wanted])
    note(uow, one, "permission_set", "permission_set.created", {"permissions": (None, list(wanted))})
    return one


def create_user(
    uow: UnitOfWork, email: str, *, name: str = "", password: str | None = None, language: str = "",
    department: uuid.UUID | None = None,
) -> uuid.UUID:
    """Create a login, a member of ``department``, and return its id; without a password it cannot sign in yet.

    Raises:
        PermissionDenied: without the right to administer users in this department; without a department, or with a password
            that somebody else then knows, without the right to administer users everywhere.
        InvalidInput: for a wrong address or a password that is too short or easily guessed.
        Conflict: when the address has a login already, in whatever way it is written.
    """
    if department is None or password is not None:
        require_everywhere(uow, "user:administer")
    else:
        require(uow, "user:administer", department)
    address = free_email(uow, email)
    if not is_storable(name) or language not in CHANGEABLE["language"]:
        raise InvalidInput([Problem("name", msg("Give a name without control characters, and a language the program has."))])
    one = new_id()
    uow.execute(
        insert(user).values(
            id=one, email=address, email_key=email_key(address), name=" ".join(name.split())[:200] or address,
            password_hash=None if password is None else hash_password(password, uow.settings, (address, name)), is_active=True,
            language=language, created_at=uow.now,
        )
    )
    note(uow, one, "user", "user.created", {"email": (None, address)})
    if department is not None:
        add_member(uow, one, department)
    return one


def add_member(uow: UnitOfWork, user_id: uuid.UUID, department: uuid.UUID) -> None:
    """Make a user a member of a department: where their work belongs; rights come from grants alone.

    Raises:
        PermissionDenied: without the right to administer users there.
    """
    require(uow, "user:administer", department)
    known = select(membership).where(membership.c.user_id == user_id, membership.c.department_id == department)
    if uow.execute(known).first() is None:
        uow.execute(insert(membership).values(user_id=user_id, department_id=department))
        note(uow, user_id, "user", "membership.added", {"department": (None, str(department))})


def give(
    uow: UnitOfWork, user_id: uuid.UUID, set_key: str, *, department: uuid.UUID | None = None, depth: str = "department"
) -> uuid.UUID:
    """Grant a permission set to a user in a department (``depth`` own, department, below) or everywhere (``all``).

    Raises:
        PermissionDenied: without the right to administer users there; only who administers everywhere grants everywhere, or
            grants a set that holds ``*:*``.
        NotFound: for an unknown set.
        InvalidInput: for an unknown depth, or when a department is missing.
    """
    require_administering(uow, department, depth)
    found = uow.execute(select(permission_set.c.id).where(permission_set.c.key == set_key)).scalar()
    if found is None:
        raise NotFound(unknown("permission set", set_key, uow.execute(select(permission_set.c.key)).scalars()))
    if uow.execute(select(user.c.id).where(user.c.id == user_id)).first() is None:
        raise NotFound(msg("There is no user with the id {id}.", id=user_id))
    refuse_more_than_own(uow, {"user:administer", *permissions_of(uow, found)}, department, depth)
    where = None if depth == "all" else department
    same = select(grant.c.id).where(grant.c.user_id == user_id, grant.c.permission_set_id == found, grant.c.depth == depth)
    known: uuid.UUID | None = uow.execute(same.where(grant.c.department_id.is_not_distinct_from(where))).scalar()
    if known is not None:
        return known
    one = new_id()
    uow.execute(insert(grant).values(id=one, user_id=user_id, permission_set_id=found, department_id=where, depth=depth))
    want_renewal(uow, user_id)
    given = {"set": (None, set_key), "department": (None, str(where or "")), "depth": (None, depth)}
    note(uow, user_id, "user", "grant.given", given)
    return one


def require_administering(uow: UnitOfWork, department: uuid.UUID | None, depth: str) -> None:
    """Stop unless the actor administers users where a grant of this place and depth would hold.

    Raises:
        PermissionDenied: without that right.
        InvalidInput: for an unknown depth, or when a department is missing.
    """
    if depth not in DEPTHS:
        raise InvalidInput([Problem("depth", unknown("depth", depth, DEPTHS))])
    if depth == "all":
        require_everywhere(uow, "user:administer")
    elif department is None:
        raise InvalidInput([Problem("department", msg("Name the department, or grant it with the depth all."))])
    else:
        require(uow, "user:administer", department)


def change_own_settings(uow: UnitOfWork, changes: Mapping[str, str]) -> None:
    """Change the actor's own language, theme, density or time zone.

    Raises:
        InvalidInput: for another setting or value.
    """
    for key, value in changes.items():
        if key != "time_zone" and value not in CHANGEABLE.get(key, ()):
            raise InvalidInput([Problem(key, unknown(key, value, CHANGEABLE.get(key, ())))])
    if uow.actor.user_id is not None and changes:
        uow.execute(update(user).where(user.c.id == uow.actor.user_id).values(**changes))


def deactivate_user(uow: UnitOfWork, user_id: uuid.UUID) -> None:
    """Switch a login off; its sessions end at once.

    Raises:
        PermissionDenied, NotFound: as ``require_charge``.
        Conflict: for the last administrator of everything.
    """
    require_charge(uow, user_id)
    with keeping_an_administrator(uow):
        uow.execute(update(user).where(user.c.id == user_id).values(is_active=False))
    drop_sessions(uow, user_id)
    note(uow, user_id, "user", "user.deactivated", {})


def set_password(uow: UnitOfWork, user_id: uuid.UUID, password: str) -> None:
    """Give a user a new password; sessions that are open end.

    Raises:
        PermissionDenied: without the right to administer users everywhere, unless it is one's own, or for somebody with more
            rights than one's own.
        InvalidInput: when it is too short or easily guessed.
        NotFound: when there is no such user.
    """
    if uow.actor.user_id != user_id or uow.actor.token_id is not None:
        require_everywhere(uow, "user:administer")
        require_standing(uow, user_id)
    about = uow.execute(select(user.c.email, user.c.name).where(user.c.id == user_id)).first()
    if about is None:
        raise NotFound(msg("There is no user with the id {id}.", id=user_id))
    hashed = hash_password(password, uow.settings, tuple(about))
    uow.execute(update(user).where(user.c.id == user_id).values(password_hash=hashed))
    drop_sessions(uow, user_id)
    note(uow, user_id, "user", "user.password_changed", {})
