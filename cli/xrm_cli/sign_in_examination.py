# SPDX-License-Identifier: Apache-2.0
"""Checks of the doctor about ways in: mail of the system, and providers of single sign-on."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

from xrm.errors import ConfigurationError
from xrm.settings import Settings
from xrm.single_sign_on.providers import mistakes
from xrm.system_mail.sending import check
from xrm.system_mail.server import mail_server
from xrm_cli.findings import Finding

MEANWHILE = "Until then links of invitations and of forgotten passwords are passed on by hand."


def examine_mail(settings: Settings) -> Finding:
    """Whether invitations and links for new passwords can be sent; asks the mail server."""
    if not settings.mail_server and not settings.mail_from:
        return Finding("mail", "good", f"None is set up (mail_server, mail_from). {MEANWHILE}")
    try:
        server = mail_server(settings)
    except ConfigurationError as error:
        return Finding("mail", "bad", str(error), MEANWHILE)
    if why := check(server):
        return Finding("mail", "bad", f"The mail server cannot be used: {why}", "Mend mail_server in xrm.toml, or the server.")
    return Finding("mail", "good", f"Mail goes out through {server.host}:{server.port} as {server.sender.addr_spec}.")


def examine_single_sign_on(settings: Settings) -> Iterator[Finding]:
    """Whether the configured providers can be used; asks none of them."""
    for mistake in mistakes(settings):
        yield Finding("single sign-on", "bad", mistake, "Mend it in xrm.toml; the provider is not offered meanwhile.")
    if settings.oidc and importlib.util.find_spec("joserfc") is None:
        yield Finding("single sign-on", "bad", "It needs more than is installed.", "pip install 'xrm[oidc]'")
