# SPDX-License-Identifier: Apache-2.0
"""Which login a person from a provider is: bound by issuer and subject, never by an address unless the operator trusts it."""

from __future__ import annotations

import uuid

from sqlalchemy import insert, select, update

from xrm.access.addresses import email_key
from xrm.access.models import user
from xrm.access.service import add_member, create_user, give
from xrm.access.users import get_user
from xrm.audit.service import record_audit
from xrm.db.ids import new_id
from xrm.departments.queries import get_tree
from xrm.errors import ConfigurationError, Conflict, NotFound, PermissionDenied, msg
from xrm.invitations.links import INVITATION, use_link
from xrm.invitations.queries import is_pending
from xrm.invitations.redeeming import come_in
from xrm.single_sign_on.authorization import Person
from xrm.single_sign_on.models import external_identity
from xrm.single_sign_on.providers import Provider
from xrm.unit_of_work import UnitOfWork


def sign_in_as(uow: UnitOfWork, provider: Provider, person: Person) -> uuid.UUID:
    """The active login of this person, made or bound now if the operator's settings allow it. Runs as the system.

    Raises:
        PermissionDenied: when there is none for them.
    """
    _require_domain(provider, person)
    known = _bound(uow, person)
    if known is not None:
        found = get_user(uow, known)
        if found is None or not found.is_active:
            raise PermissionDenied(msg("Your login here is switched off. Ask an administrator."))
        return known
    row = None
    if person.is_verified:
        row = uow.execute(select(user.c.id, user.c.is_active).where(user.c.email_key == email_key(person.email))).first()
    if row is not None:
        return _bind_by_email(uow, provider, person, row.id, is_active=row.is_active)
    if provider.create_users == "domain" and person.is_verified:
        return _create(uow, provider, person)
    raise PermissionDenied(
        msg("No login here is linked to you at {provider}. Ask an administrator to invite you.", provider=provider.label)
    )


def link_to(uow: UnitOfWork, provider: Provider, person: Person, user_id: uuid.UUID) -> None:
    """Link the person to a login whose owner, signed in, asked for it; the system may for whoever comes in by an invitation.

    Raises:
        PermissionDenied: for the login of another, or by a token; when the provider's domains exclude the person.
        Conflict: when they are linked to another login.
    """
    if uow.actor.kind != "system" and (uow.actor.user_id != user_id or uow.actor.token_id is not None):
        raise PermissionDenied(msg("Ways to sign in are linked by the person themselves."))
    _require_domain(provider, person)
    known = _bound(uow, person)
    if known is not None and known != user_id:
        raise Conflict(msg("You at {provider} are linked to another login here. Unlink that one first.", provider=provider.label))
    if known is None:
        _bind(uow, person, user_id)


def accept_as(uow: UnitOfWork, provider: Provider, person: Person, token: str) -> uuid.UUID:
    """Come in by an invitation, as this person and without a password. The id of the user. Runs as the system.

    Raises:
        NotFound: when the link cannot be used.
        PermissionDenied, Conflict: as ``link_to``.
    """
    link = use_link(uow, token, INVITATION)
    assert link.user_id is not None, "an invitation is for a user"  # noqa: S101  # the query joins them
    link_to(uow, provider, person, link.user_id)
    _name(uow, link.user_id, person)
    come_in(uow, link.user_id)
    return link.user_id


def _bind_by_email(uow: UnitOfWork, provider: Provider, person: Person, user_id: uuid.UUID, *, is_active: bool) -> uuid.UUID:
    is_invited = provider.create_users != "none" and is_pending(uow, user_id)
    if not is_active or not (is_invited or provider.binds_by_email):
        raise PermissionDenied(
            msg("There is a login with your address, and it is not linked to you at {provider}. Sign in with your password and "
                "link it in your settings.", provider=provider.label)
        )
    _bind(uow, person, user_id)
    if is_pending(uow, user_id):
        _name(uow, user_id, person)
        come_in(uow, user_id)
    return user_id


def _create(uow: UnitOfWork, provider: Provider, person: Person) -> uuid.UUID:
    one = create_user(uow, person.email, name=person.name)
    if provider.department:
        _settle(uow, provider, one)
    _bind(uow, person, one)
    return one


def _settle(uow: UnitOfWork, provider: Provider, user_id: uuid.UUID) -> None:
    try:
        place = get_tree(uow).find(provider.department).id
        add_member(uow, user_id, place)
        if provider.permission_set:
            give(uow, user_id, provider.permission_set, department=place)
    except NotFound as error:
        # What there is instead is for the operator, not for somebody who is nobody here yet.
        said = msg("What the settings of {provider} say of new people is not there (any more): {why}", provider=provider.label,
                   why=error.message)
        raise ConfigurationError(said) from error


def _bind(uow: UnitOfWork, person: Person, user_id: uuid.UUID) -> None:
    uow.execute(
        insert(external_identity).values(
            id=new_id(), user_id=user_id, issuer=person.issuer, subject=person.subject, email=person.email, created_at=uow.now
        )
    )
    record_audit(uow, "identity.linked", user_id, "user", {"issuer": (None, person.issuer), "email": (None, person.email)})


def _bound(uow: UnitOfWork, person: Person) -> uuid.UUID | None:
    same = (external_identity.c.issuer == person.issuer) & (external_identity.c.subject == person.subject)
    found: uuid.UUID | None = uow.execute(select(external_identity.c.user_id).where(same)).scalar()
    return found


def _name(uow: UnitOfWork, user_id: uuid.UUID, person: Person) -> None:
    """A login that is called like its address until now gets the name that the provider knows."""
    if person.name:
        is_unnamed = (user.c.id == user_id) & (user.c.name == user.c.email)
        uow.execute(update(user).where(is_unnamed).values(name=person.name))


def _require_domain(provider: Provider, person: Person) -> None:
    domain = person.email.rpartition("@")[2].casefold()
    if provider.allowed_domains and not (person.is_verified and domain in provider.allowed_domains):
        raise PermissionDenied(msg("With this address nobody may sign in here. Use the address of your organization."))
