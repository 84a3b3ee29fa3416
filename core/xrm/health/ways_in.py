# SPDX-License-Identifier: Apache-2.0
"""Checks of ways in: mail of the system, by which links are sent, and providers of single sign-on."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

from xrm.errors import ConfigurationError, Message, msg
from xrm.health.findings import HealthFinding
from xrm.settings import Settings
from xrm.single_sign_on.providers import mistakes
from xrm.system_mail.sending import check
from xrm.system_mail.server import MailServer, mail_server

MEANWHILE = msg("Until then links of invitations and of forgotten passwords are passed on by hand.")


def check_mail(settings: Settings) -> Iterator[HealthFinding]:
    """Whether invitations and links for new passwords can be sent, as far as the settings tell."""
    found = _server(settings)
    yield found if isinstance(found, HealthFinding) else _good(found)


def examine_mail(settings: Settings) -> Iterator[HealthFinding]:
    """The same, and the mail server is asked."""
    found = _server(settings)
    if isinstance(found, HealthFinding):
        yield found
    elif why := check(found):
        yield HealthFinding("mail", "bad", msg("The mail server cannot be used: {why}", why=why),
                            msg("Mend mail_server in xrm.toml, or the server."))
    else:
        yield _good(found)


def _server(settings: Settings) -> MailServer | HealthFinding:
    if not settings.mail_server and not settings.mail_from:
        said = msg("No mail server is set up (mail_server, mail_from). Links of invitations and of forgotten passwords are "
                   "passed on by hand.")
        return HealthFinding("mail", "good", said)
    try:
        return mail_server(settings)
    except ConfigurationError as error:
        return HealthFinding("mail", "bad", error.message, MEANWHILE)


def _good(server: MailServer) -> HealthFinding:
    said = msg("Mail goes out through {host} as {sender}.", host=f"{server.host}:{server.port}", sender=server.sender.addr_spec)
    return HealthFinding("mail", "good", said)


def check_single_sign_on(settings: Settings) -> Iterator[HealthFinding]:
    """Whether the configured providers can be used; asks none of them."""
    for mistake in mistakes(settings):
        yield HealthFinding("single sign-on", "bad", Message("{problem}", {"problem": mistake}),
                            msg("Mend it in xrm.toml; the provider is not offered meanwhile."))
    if settings.oidc and importlib.util.find_spec("joserfc") is None:
        yield HealthFinding("single sign-on", "bad", msg("Single sign-on needs more than is installed."),
                            msg("Run pip install 'xrm[oidc]'"))
