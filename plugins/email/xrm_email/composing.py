# SPDX-License-Identifier: Apache-2.0
"""From a message to the e-mail that is sent: one recipient, headers as meant, nothing smuggled in by a line break."""

from __future__ import annotations

import email.policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import localtime
from html import escape

from xrm.plugin_api import OutgoingMessage
from xrm_email.account import Account

LONGEST_ADDRESS = 254


def compose(message: OutgoingMessage, account: Account) -> EmailMessage:
    """The e-mail for a message.

    Raises:
        ValueError: when the address, the subject or another header cannot be one.
    """
    recipient = plain_address(message.recipient)
    is_international = not (recipient + account.from_address).isascii()
    mail = EmailMessage(policy=email.policy.SMTPUTF8 if is_international else email.policy.SMTP)
    mail["From"] = Address(one_line(account.from_name), addr_spec=plain_address(account.from_address))
    mail["To"] = Address(one_line(message.recipient_name), addr_spec=recipient)
    if account.reply_to:
        mail["Reply-To"] = Address(addr_spec=plain_address(account.reply_to))
    mail["Subject"] = checked_line("subject", message.subject)
    mail["Date"] = localtime()
    mail["Message-ID"] = checked_line("Message-ID", message.message_id)
    mail.set_content(message.body.replace("\r\n", "\n"))
    if account.html:
        mail.add_alternative(as_html(message.body), subtype="html")
    _require_headers_as_meant(mail)
    return mail


def _require_headers_as_meant(mail: EmailMessage) -> None:
    """A last look at what goes over the wire: each line of the head begins a header that was set here, or continues one."""
    head = mail.as_bytes().partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0].decode("latin-1") for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    if sorted(names) != sorted(mail.keys()) or any(b"\n" in line or b"\r" in line for line in head.split(b"\r\n")):
        raise ValueError("The headers of the message would not be the ones meant.")


def plain_address(text: str) -> str:
    """An address of one mailbox and nothing else, its domain in the form the network uses.

    Raises:
        ValueError: for anything else.
    """
    local, at, domain = text.strip().rpartition("@")
    if not (at and local and domain) or len(text) > LONGEST_ADDRESS or not text.strip().isprintable():
        raise ValueError(f"{text!r} is no e-mail address.")
    if any(sign in local for sign in ' ,;:<>()[]"\\'):
        raise ValueError(f"{text!r} is no plain e-mail address.")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise ValueError(f"{text!r} has a domain that cannot be.") from error
    return f"{local}@{domain}"


def checked_line(name: str, text: str) -> str:
    """The text, if it is one line without control characters and nothing in it is taken for an encoded word.

    Python decodes ``=?utf-8?q?…?=`` in a header that is set, line breaks included: so a line break could be smuggled in.

    Raises:
        ValueError: otherwise.
    """
    if not text.isprintable():
        raise ValueError(f"The {name} must be one line of text.")
    if "=?" in text:
        raise ValueError(f'The {name} must not contain "=?".')
    return text


def one_line(text: str) -> str:
    """A name as one line: whatever is not printable becomes a space, and nothing in it is taken for an encoded word."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).replace("=?", "= ?").split())


def as_html(text: str) -> str:
    """The same text as HTML: paragraphs and line breaks, markup in it shown and not obeyed."""
    paragraphs = escape(text.replace("\r\n", "\n").strip()).split("\n\n")
    body = "\n".join("<p>" + part.replace("\n", "<br>\n") + "</p>" for part in paragraphs)
    return f'<!doctype html>\n<html><head><meta charset="utf-8"></head><body>\n{body}\n</body></html>\n'
