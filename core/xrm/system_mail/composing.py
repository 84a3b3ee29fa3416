# SPDX-License-Identifier: Apache-2.0
"""From a text to the mail that is sent: plain text and the same as simple HTML, to one recipient."""

from __future__ import annotations

import email.policy
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from html import escape

from xrm.system_mail.texts import MailText

_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{subject}</title></head>
<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#1e293b;background:#fff">
<div style="max-width:520px">
{parts}
</div></body></html>
"""
_BUTTON = (
    '<p><a href="{link}" style="display:inline-block;padding:10px 18px;border-radius:6px;background:#4338ca;color:#fff;'
    'text-decoration:none;font-weight:600">{label}</a></p>\n<p style="color:#475569;font-size:14px">{link}</p>'
)


def compose(
    text: MailText, places: Mapping[str, str], *, sender: Address, recipient: str, language: str, link: str = ""
) -> EmailMessage:
    """The mail; ``places`` fill the words of the text.

    Raises:
        ValueError: when the address cannot be one of a header.
    """
    values = {key: _one_line(value) for key, value in places.items()}
    before, after = text.before.format(**values), text.after.format(**values)
    is_ascii = (recipient + sender.addr_spec).isascii()
    mail = EmailMessage(policy=email.policy.SMTP if is_ascii else email.policy.SMTPUTF8)
    mail["From"] = sender
    mail["To"] = Address(addr_spec=recipient)
    mail["Subject"] = text.subject
    mail["Date"] = localtime()
    mail["Message-ID"] = make_msgid(domain=sender.domain)
    mail["Auto-Submitted"] = "auto-generated"  # no out-of-office answers to it
    mail["Content-Language"] = language
    mail.set_content("\n\n".join(part for part in (before, f"{text.button}:\n{link}" if link else "", after) if part) + "\n")
    parts = [*_paragraphs(before), *([_BUTTON.format(link=escape(link), label=escape(text.button))] if link else []),
             *_paragraphs(after)]
    page = _PAGE.format(language=language, subject=escape(text.subject), parts="\n".join(parts))
    mail.add_alternative(page, subtype="html")
    return mail


def _paragraphs(text: str) -> list[str]:
    return [f"<p>{escape(part)}</p>" for part in text.split("\n\n")]


def _one_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
