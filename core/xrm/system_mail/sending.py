# SPDX-License-Identifier: Apache-2.0
"""One mail over SMTP, and what the server's answer means: taken, not now, or never."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from email.message import EmailMessage

from xrm.errors import Message, XrmError, msg
from xrm.jobs.kinds import RetryLater
from xrm.system_mail.server import MailServer

TIMEOUT = 15.0  # seconds for one answer
DEADLINE = 60.0  # seconds for a whole mail: a server that answers byte by byte holds nobody up


def send(mail: EmailMessage, server: MailServer) -> None:
    """Hand a mail to the server.

    Raises:
        RetryLater: when it cannot be reached or does not take mail now.
        XrmError: when it will never take this mail.
    """
    try:
        with _connected(server) as connection:
            connection.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = next(iter(error.recipients.values()))
        raise _refusal(server, code, answer) from error
    except smtplib.SMTPNotSupportedError as error:
        raise XrmError(msg("The mail server {host} cannot send this: {why}.", host=server.host, why=error)) from error
    except smtplib.SMTPAuthenticationError as error:
        # A wrong password is the operator's to mend, and the mail waits for it.
        raise RetryLater(_said(server, error.smtp_code, error.smtp_error)) from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(server, error.smtp_code, error.smtp_error) from error
    except (OSError, smtplib.SMTPException) as error:
        why = str(error) or type(error).__name__
        raise RetryLater(msg("The mail server {host} cannot be used: {why}.", host=server.host, why=why)) from error


def check(server: MailServer) -> str:
    """Why the server cannot be used; empty text when it takes connection and sign-in."""
    try:
        with _connected(server) as connection:
            connection.noop()
    except (OSError, smtplib.SMTPException) as error:
        return f"{server.host}:{server.port}: {error}"
    return ""


@contextlib.contextmanager
def _connected(server: MailServer) -> Iterator[smtplib.SMTP]:
    context = ssl.create_default_context()
    connection: smtplib.SMTP
    if server.security == "tls":
        connection = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT, context=context)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
    watch = threading.Timer(DEADLINE, _cut, [connection])
    watch.daemon = True
    watch.start()
    try:
        if server.security == "starttls":
            connection.starttls(context=context)
        if server.user:
            connection.login(server.user, server.password)
        yield connection
        with contextlib.suppress(OSError, smtplib.SMTPException):
            connection.quit()
    finally:
        watch.cancel()
        connection.close()


def _cut(connection: smtplib.SMTP) -> None:
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _refusal(server: MailServer, code: int, answer: bytes | str) -> XrmError:
    """4xx: not now. 5xx: never."""
    said = _said(server, code, answer)
    return XrmError(said) if 500 <= code < 600 else RetryLater(said)


def _said(server: MailServer, code: int, answer: bytes | str) -> Message:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return msg("The mail server {host} says: {code} {answer}", host=server.host, code=code, answer=" ".join(text.split())[:300])
