# SPDX-License-Identifier: Apache-2.0
"""The mail server of the settings, and the sender, checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.headerregistry import Address
from email.utils import parseaddr
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from xrm.access.addresses import clean_email
from xrm.errors import ConfigurationError, InvalidInput, msg
from xrm.settings import Settings

# How each scheme speaks: encrypted after the greeting, from the first byte, or not at all.
SCHEMES = {"smtp": ("starttls", 587), "smtps": ("tls", 465), "smtp+plain": ("none", 25)}
EXAMPLE = "smtp://user:password@mail.example.org:587"


@dataclass(frozen=True)
class MailServer:
    """How to reach the mail server and who writes."""

    host: str
    port: int
    security: str
    sender: Address
    user: str = ""
    password: str = field(default="", repr=False)


def mail_server(settings: Settings) -> MailServer:
    """The mail server of the settings.

    Raises:
        ConfigurationError: naming the setting that is missing or wrong.
    """
    for name in ("mail_server", "mail_from"):
        if not getattr(settings, name):
            raise ConfigurationError(
                msg("{name} is not set, so no mail is sent. Write it into xrm.toml, or set XRM_{variable}.", name=name,
                    variable=name.upper())
            )
    try:
        parts = urlsplit(settings.mail_server)
        security, usual = SCHEMES[parts.scheme]
        host, port = parts.hostname or "", parts.port or usual
    except (KeyError, ValueError) as error:
        raise _bad_server() from error
    if not host or parts.path.strip("/") or parts.query:
        raise _bad_server()
    if security == "starttls" and _is_local(host):
        security = "none"  # nobody listens between this machine and itself
    if parts.password and security == "none" and not _is_local(host):
        raise ConfigurationError(
            msg("mail_server sends a password without encryption. Write smtp:// or smtps:// instead of smtp+plain://.")
        )
    return MailServer(host, port, security, _sender(settings.mail_from), unquote(parts.username or ""),
                      unquote(parts.password or ""))


def _bad_server() -> ConfigurationError:
    return ConfigurationError(
        msg("mail_server must read like {example} (smtps:// for TLS from the first byte). Mend it in xrm.toml.", example=EXAMPLE)
    )


def _sender(text: str) -> Address:
    name, address = parseaddr(text if text.isprintable() else "")
    try:
        return Address(name, addr_spec=clean_email(address))
    except (InvalidInput, ValueError) as error:
        raise ConfigurationError(
            msg("mail_from is {text}: write an address such as crm@example.org, or Our CRM <crm@example.org>.", text=text)
        ) from error


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
