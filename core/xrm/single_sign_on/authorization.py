# SPDX-License-Identifier: Apache-2.0
"""The way to a provider and back: authorization code with PKCE, state and nonce; at its end, who the provider says it was."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from xrm.access.addresses import clean_email
from xrm.errors import InvalidInput
from xrm.single_sign_on.claims import verified_claims
from xrm.single_sign_on.discovery import discover
from xrm.single_sign_on.fetching import ProviderFailed, fetch_json, is_safe_address
from xrm.single_sign_on.providers import Provider


@dataclass(frozen=True)
class Asked:
    """What was asked of a provider, to be kept by the browser until it comes back."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Person:
    """Who the provider says it was; ``email`` is empty when it names none that can be one."""

    issuer: str
    subject: str
    email: str
    is_verified: bool
    name: str


def ask(provider: Provider, back: str) -> tuple[str, Asked]:
    """The address at the provider to go to, and what to keep; ``back`` is where it sends the browser afterwards.

    Raises:
        ProviderFailed: when the provider cannot be asked.
    """
    asked = Asked(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))
    digest = hashlib.sha256(asked.verifier.encode()).digest()
    endpoint = discover(provider.issuer)["authorization_endpoint"]
    query = urlencode(
        {
            "response_type": "code", "client_id": provider.client_id, "redirect_uri": back, "scope": " ".join(provider.scopes),
            "state": asked.state, "nonce": asked.nonce, "code_challenge_method": "S256",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        }
    )
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}", asked


def answer(provider: Provider, back: str, asked: Asked, given: Mapping[str, str]) -> Person:
    """Who came back from the provider with the parameters ``given``.

    Raises:
        ProviderFailed: when anything of it is not as it must be.
        ConfigurationError: when the extra ``oidc`` is not installed.
    """
    if not hmac.compare_digest(given.get("state", "").encode(), asked.state.encode()):
        raise ProviderFailed("the answer has another state than the question")
    metadata = discover(provider.issuer)
    issuer = given.get("iss", "" if metadata.get("authorization_response_iss_parameter_supported") else provider.issuer)
    if issuer != provider.issuer:
        raise ProviderFailed(f"the answer comes from {issuer!r}")
    if given.get("error") or not given.get("code"):
        raise ProviderFailed(f"the provider says: {given.get('error', 'nothing')}")
    tokens = fetch_json(metadata["token_endpoint"], **_redeeming(provider, metadata, back, asked, given["code"]))
    if not isinstance(tokens.get("id_token"), str):
        raise ProviderFailed("the provider gave no ID token")
    claims = verified_claims(tokens["id_token"], provider, asked.nonce)
    if "email" not in claims:
        claims |= _more(metadata, tokens, claims["sub"])
    return _person(provider, claims)


def _redeeming(provider: Provider, metadata: Mapping[str, Any], back: str, asked: Asked, code: str) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": asked.verifier,
        "client_id": provider.client_id,
    }
    if not provider.client_secret:
        return {"form": form}
    ways = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    if "client_secret_basic" not in ways:
        return {"form": {**form, "client_secret": provider.client_secret}}
    pair = f"{quote(provider.client_id, safe='')}:{quote(provider.client_secret, safe='')}"
    return {"form": form, "headers": {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}}


def _more(metadata: Mapping[str, Any], tokens: Mapping[str, Any], subject: str) -> dict[str, Any]:
    """What the provider tells of the person beside the ID token, if it has a place for it."""
    endpoint, token = metadata.get("userinfo_endpoint"), tokens.get("access_token")
    if not isinstance(endpoint, str) or not isinstance(token, str) or not is_safe_address(endpoint):
        return {}
    told = fetch_json(endpoint, headers={"Authorization": f"Bearer {token}"})
    if told.get("sub") != subject:
        raise ProviderFailed("the provider tells of another person than it signed for")
    return {key: told[key] for key in ("email", "email_verified", "name") if key in told}


def _person(provider: Provider, claims: Mapping[str, Any]) -> Person:
    email = claims.get("email")
    try:
        address = clean_email(email) if isinstance(email, str) and len(email) < 255 else ""
    except InvalidInput:
        address = ""
    name = claims.get("name")
    said = " ".join(name.split())[:200] if isinstance(name, str) and name.isprintable() else ""
    # Some write true as text; nothing else counts, not even 1, which equals True.
    said_so = claims.get("email_verified")
    is_verified = bool(address) and (said_so is True or said_so == "true")
    return Person(provider.issuer, claims["sub"], address, is_verified, said)
