# SPDX-License-Identifier: Apache-2.0
"""The providers of single sign-on that an operator configured, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from xrm.errors import ConfigurationError, NotFound, msg
from xrm.settings import Settings
from xrm.single_sign_on.fetching import is_safe_address

KNOWN = (
    "issuer", "client_id", "client_secret", "label", "scopes", "allowed_domains", "create_users", "binds_by_email",
    "permission_set", "department",
)
CREATING = ("none", "invited", "domain")
_KEY = re.compile(r"^[a-z][a-z0-9_-]{0,39}$")


@dataclass(frozen=True)
class Provider:
    """One provider. ``create_users`` says who may come in who is not linked yet.

    ``binds_by_email``: its word on who owns an address is taken for existing logins too.
    """

    key: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    label: str
    scopes: tuple[str, ...]
    allowed_domains: frozenset[str]
    create_users: str
    binds_by_email: bool
    permission_set: str
    department: str


def get_provider(settings: Settings, key: str) -> Provider:
    """The provider of this key.

    Raises:
        NotFound: when none is configured under it.
        ConfigurationError: naming the setting that is missing or wrong.
    """
    if key not in settings.oidc:
        raise NotFound(msg("There is no provider {key}.", key=key))
    return _checked(key, settings.oidc[key])


def offered(settings: Settings) -> list[Provider]:
    """The providers that are set up rightly, in the order of the settings: a mistake in one keeps nobody from the others."""
    found = []
    for key, given in settings.oidc.items():
        try:
            found.append(_checked(key, given))
        except ConfigurationError:  # mistakes() tells the operator  # few of them
            continue
    return found


def mistakes(settings: Settings) -> list[str]:
    """What is wrong with the settings of providers."""
    found = []
    for key, given in settings.oidc.items():
        try:
            _checked(key, given)
        except ConfigurationError as error:  # few of them
            found.append(str(error))
    return found


def _checked(key: str, given: Mapping[str, str]) -> Provider:
    _require_known(key, given)
    creating = given.get("create_users") or "none"
    if creating not in CREATING:
        raise _wrong(key, "create_users", f"write one of {', '.join(CREATING)}")
    domains = frozenset(re.findall(r"[^\s,]+", given.get("allowed_domains", "").casefold()))
    if creating == "domain" and not domains:
        raise _wrong(key, "allowed_domains", "it is missing: create_users is domain")
    scopes = tuple(dict.fromkeys(["openid", *(given.get("scopes") or "email profile").split()]))
    return Provider(
        key, given["issuer"], given["client_id"], given.get("client_secret", ""), given.get("label") or key.capitalize(), scopes,
        domains, creating, given.get("binds_by_email", "").lower() == "true", given.get("permission_set", ""),
        given.get("department", ""),
    )


def _require_known(key: str, given: Mapping[str, str]) -> None:
    if not _KEY.match(key):
        raise _wrong(key, "", "the key has lower-case letters, digits, - and _ only")
    for name in given:
        if name not in KNOWN:
            raise _wrong(key, name, f"there is no such setting; known are {', '.join(KNOWN)}")
    for name in ("issuer", "client_id"):
        if not given.get(name):
            raise _wrong(key, name, "it is missing")
    if not is_safe_address(given["issuer"]):
        raise _wrong(key, "issuer", "write an address that begins with https://")


def _wrong(key: str, name: str, why: str) -> ConfigurationError:
    place = f"oidc.{key}.{name}" if name else f"oidc.{key}"
    return ConfigurationError(msg("{setting} in xrm.toml: {why}.", setting=place, why=why))
