# SPDX-License-Identifier: Apache-2.0
"""Passkeys (WebAuthn): what the browser is asked, and whether its answer holds; the extra ``passkeys`` brings the library.

The relying party comes from ``base_url`` and never from a request.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from xrm.access.users import User
from xrm.errors import ConfigurationError, InvalidInput, Message, Problem, msg
from xrm.factors.models import passkey
from xrm.settings import Settings
from xrm.unit_of_work import UnitOfWork

LARGEST_ANSWER = 64 * 1024


@dataclass(frozen=True)
class NewPasskey:
    """What is kept of a passkey that a browser made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    is_synced: bool


@dataclass(frozen=True)
class Proof:
    """A signature that holds: of which passkey, and how often it says it was used."""

    passkey_id: uuid.UUID
    sign_count: int


def why_not(settings: Settings) -> Message | None:
    """Why passkeys cannot be offered here, for administrators; None when they can."""
    if importlib.util.find_spec("webauthn") is None:
        return msg("Passkeys need a library that is not installed. Install it with: pip install 'xrm[passkeys]'")
    address = urlsplit(settings.base_url)
    host = address.hostname or ""
    if _is_number(host):
        return msg("Passkeys belong to a name, not a number: set base_url to the name of this site instead of {host}.", host=host)
    if address.scheme != "https" and host != "localhost":
        return msg("Browsers make passkeys over https only: set base_url to an address that begins with https.")
    return None


def creation_options(uow: UnitOfWork, owner: User, challenge: str) -> str:
    """What the browser needs to make a passkey for this user, as JSON; ``challenge`` is the token of a ticket.

    Raises:
        ConfigurationError: when passkeys cannot be offered here.
    """
    webauthn = _library(uow.settings)
    kinds = webauthn.helpers.structs
    known = uow.execute(select(passkey.c.credential_id).where(passkey.c.user_id == owner.id)).scalars()
    options = webauthn.generate_registration_options(
        rp_id=_host(uow.settings), rp_name="xrm", user_name=owner.email, user_id=owner.id.bytes, user_display_name=owner.name,
        challenge=challenge.encode(),
        authenticator_selection=kinds.AuthenticatorSelectionCriteria(
            resident_key=kinds.ResidentKeyRequirement.REQUIRED, user_verification=kinds.UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[kinds.PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return str(webauthn.options_to_json(options))


def check_creation(settings: Settings, answer: str, challenge: str) -> NewPasskey:
    """What is to be kept of a passkey that the browser made.

    Raises:
        InvalidInput: when the answer does not hold.
    """
    webauthn = _library(settings)
    try:
        made = webauthn.verify_registration_response(
            credential=answer[:LARGEST_ANSWER], expected_challenge=challenge.encode(), expected_rp_id=_host(settings),
            expected_origin=_origin(settings), require_user_verification=True,
        )
    except webauthn.helpers.exceptions.WebAuthnException as error:
        raise _refused() from error
    return NewPasskey(made.credential_id, made.credential_public_key, made.sign_count, bool(made.credential_backed_up))


def request_options(settings: Settings, challenge: str) -> str:
    """What the browser needs to sign with any passkey it has for this site, as JSON.

    Raises:
        ConfigurationError: when passkeys cannot be offered here.
    """
    webauthn = _library(settings)
    required = webauthn.helpers.structs.UserVerificationRequirement.REQUIRED
    options = webauthn.generate_authentication_options(
        rp_id=_host(settings), challenge=challenge.encode(), user_verification=required
    )
    return str(webauthn.options_to_json(options))


def check_proof(uow: UnitOfWork, answer: str, challenge: str) -> Proof:
    """Which passkey signed; whether its counter went on is for ``use_passkey`` to see, which can note it.

    Raises:
        InvalidInput: when the answer does not hold, or the passkey is not known.
    """
    webauthn = _library(uow.settings)
    try:
        given = webauthn.helpers.parse_authentication_credential_json(answer[:LARGEST_ANSWER])
        row = uow.execute(select(passkey.c.id, passkey.c.public_key).where(passkey.c.credential_id == given.raw_id)).first()
        if row is None:
            raise _refused()
        proven = webauthn.verify_authentication_response(
            credential=given, expected_challenge=challenge.encode(), expected_rp_id=_host(uow.settings),
            expected_origin=_origin(uow.settings), credential_public_key=row.public_key, credential_current_sign_count=-1,
            require_user_verification=True,
        )
    except webauthn.helpers.exceptions.WebAuthnException as error:
        raise _refused() from error
    return Proof(row.id, proven.new_sign_count)


def _library(settings: Settings) -> Any:
    problem = why_not(settings)
    if problem is not None:
        raise ConfigurationError(problem)
    import webauthn  # noqa: PLC0415  # an extra, and slow to import

    return webauthn


def _refused() -> InvalidInput:
    return InvalidInput([Problem("passkey", msg("This passkey did not work here. Try again, or take another way in."))])


def _host(settings: Settings) -> str:
    return urlsplit(settings.base_url).hostname or ""


def _origin(settings: Settings) -> str:
    address = urlsplit(settings.base_url)
    return f"{address.scheme}://{address.netloc}".lower()


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
