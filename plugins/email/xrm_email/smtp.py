# SPDX-License-Identifier: Apache-2.0
"""One e-mail over SMTP, and what the server's answers mean: taken, not now, or never."""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from email.message import EmailMessage

from xrm.plugin_api import OutgoingMessage, SendResult
from xrm_email.account import NOT_SET_UP, Account, BadSettings, NotSetUp
from xrm_email.composing import compose

LATER = timedelta(hours=1)
_ENHANCED = re.compile(r"\b5\.(\d{1,3})\.\d{1,3}\b")


def send(message: OutgoingMessage, settings: Mapping[str, str]) -> SendResult:
    """Hand a message to the mail server: what concerns server or settings is tried again, what concerns the address is not."""
    try:
        account = Account.of(settings)
    except NotSetUp:
        return SendResult.retry(NOT_SET_UP["en"], after=LATER)
    except BadSettings as error:
        return SendResult.retry(str(error), after=LATER)
    try:
        mail = compose(message, account)
    except ValueError as error:
        return SendResult.refuse(str(error))
    try:
        with connected(account) as server:
            return _deliver(server, mail)
    except (OSError, smtplib.SMTPException) as error:
        return SendResult.retry(_described(error, account))


def check(settings: Mapping[str, str]) -> str:
    """Why the settings do not work; an empty text when the server takes connection and sign-in."""
    try:
        account = Account.of(settings)
        with connected(account) as server:
            code, _ = server.noop()
    except BadSettings as error:
        return str(error)
    except (OSError, smtplib.SMTPException) as error:
        return _described(error, account)
    return "" if code == 250 else f"{account.host} answered {code}."


@contextlib.contextmanager
def connected(account: Account) -> Iterator[smtplib.SMTP]:
    """A session with the mail server, encrypted and signed in as the settings say, cut off at the deadline."""
    context = ssl.create_default_context(cafile=account.ca_file or None)
    server: smtplib.SMTP
    if account.security == "ssl":
        server = smtplib.SMTP_SSL(timeout=account.timeout, context=context)
    else:
        server = smtplib.SMTP(timeout=account.timeout)
    # SMTP_SSL and STARTTLS check the certificate against this name, which connect() does not keep.
    server._host = account.host  # type: ignore[attr-defined]
    watch = threading.Timer(account.deadline, _cut, [server])
    watch.daemon = True
    watch.start()
    try:
        code, answer = server.connect(account.host, account.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, answer)
        if account.security == "starttls":
            server.starttls(context=context)
        if account.user:
            server.login(account.user, account.password)
        yield server
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.quit()
    finally:
        watch.cancel()
        server.close()


def _cut(server: smtplib.SMTP) -> None:
    connection = server.sock
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


def _deliver(server: smtplib.SMTP, mail: EmailMessage) -> SendResult:
    sender, recipient = mail["From"].addresses[0].addr_spec, mail["To"].addresses[0].addr_spec
    server.ehlo_or_helo_if_needed()
    options = []
    if not (sender + recipient).isascii():
        if not server.has_extn("smtputf8"):
            return SendResult.refuse(f"The mail server cannot send to {recipient}: it takes no letters beyond ASCII.")
        options = ["SMTPUTF8"]
    code, answer = server.mail(sender, options)
    if code != 250:
        return _judged(code, answer, is_about_address=False)
    code, answer = server.rcpt(recipient)
    if code not in {250, 251}:
        return _judged(code, answer, is_about_address=True)
    try:
        code, answer = server.data(mail.as_bytes())
    except smtplib.SMTPDataError as error:
        return _judged(error.smtp_code, error.smtp_error, is_about_address=False)
    if code != 250:
        return _judged(code, answer, is_about_address=code in {550, 551, 553})
    return SendResult.sent(reference=_text(answer))


def _judged(code: int, answer: bytes | str, *, is_about_address: bool) -> SendResult:
    """4xx: not now. 5xx: never; the address is to blame unless the server names a rule (5.7) or a state (5.3) of its own."""
    detail = f"{code} {_text(answer)}".strip()
    if not 500 <= code < 600:
        return SendResult.retry(detail)
    enhanced = _ENHANCED.match(_text(answer))
    if enhanced:
        is_about_address = enhanced[1] in {"1", "2"}
    return SendResult.refuse(detail, address_is_bad=is_about_address)


def _text(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:300]


def _described(error: Exception, account: Account) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{account.host} answered {error.smtp_code} {_text(error.smtp_error)}"
    return f"{account.host}:{account.port}: {_text(str(error)) or type(error).__name__}"
