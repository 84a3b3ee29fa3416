# SPDX-License-Identifier: Apache-2.0
"""One message, one recipient, headers as meant; whatever would smuggle something in is refused."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from xrm.plugin_api import OutgoingMessage
from xrm_email.account import Account, BadSettings
from xrm_email.composing import compose
from xrm_email.smtp import check, send

ACCOUNT = Account("127.0.0.1", 25, "none", "us@example.org", "Us, the team")
MESSAGE = OutgoingMessage(uuid.UUID(int=1), "<1@example.org>", "email", "ada@example.com", "Ada", "Hello", "Text")
ENCODED = "=?utf-8?q?a=0D=0ABcc:b@example.com?="
SETTINGS = {"host": "mail.example.org", "from_address": "us@example.org"}


@pytest.mark.parametrize(
    "recipient",
    ["ada@example.com\r\nBcc: all@example.com", "ada@example.com, all@example.com", "ada@example.com;all@example.com",
     "Ada <ada@example.com>", "ada@example.com\x00", "ada", "@example.com", "a" * 250 + "@example.com", "ada@exa mple.com "],
)
def test_what_is_not_exactly_one_address_is_refused(recipient: str) -> None:
    result = send(replace(MESSAGE, recipient=recipient), SETTINGS)

    assert result.state == "refused"


@pytest.mark.parametrize("subject", ["a\nBcc: b@example.com", "a\rb", "a\x00b", "a\u2028b", ENCODED])
def test_a_subject_of_several_lines_is_refused(subject: str) -> None:
    assert send(replace(MESSAGE, subject=subject), SETTINGS).state == "refused"


@pytest.mark.parametrize("name", ["Ada\r\nBcc: all@example.com", 'Ada" <x@example.com>, "', "Ada, Countess", "É\x00", ENCODED])
def test_a_name_stays_a_name(name: str) -> None:
    mail = compose(replace(MESSAGE, recipient_name=name), ACCOUNT)

    assert [one.addr_spec for one in mail["To"].addresses] == ["ada@example.com"]
    assert b"\r\nBcc" not in mail.as_bytes()
    assert mail["From"].addresses[0].display_name == "Us, the team"


def test_a_domain_beyond_ascii_is_written_as_the_network_does() -> None:
    mail = compose(replace(MESSAGE, recipient="ada@münchen.example"), ACCOUNT)

    assert mail["To"].addresses[0].addr_spec == "ada@xn--mnchen-3ya.example"


def test_html_is_added_on_request_and_obeys_no_markup_of_the_text() -> None:
    mail = compose(replace(MESSAGE, body="<script>\n\nline"), replace(ACCOUNT, html=True))

    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "<script>" in plain.get_content()
    assert "&lt;script&gt;" in html.get_content()


@pytest.mark.parametrize(
    ("changed", "named"),
    [({"host": ""}, "host"), ({"from_address": ""}, "from_address"), ({"port": "0"}, "port"), ({"port": "a"}, "port"),
     ({"security": "tls"}, "security"), ({"security": "none", "password": "p"}, "security"), ({"ca_file": "/none"}, "ca_file"),
     ({"timeout": "1000"}, "timeout")],
)
def test_a_wrong_setting_is_named(changed: dict[str, str], named: str) -> None:
    with pytest.raises(BadSettings, match=named):
        Account.of(SETTINGS | changed)

    assert named in check(SETTINGS | changed)


def test_the_port_follows_the_encryption_and_the_password_is_not_shown() -> None:
    account = Account.of(SETTINGS | {"security": "ssl", "password": "hidden"})

    assert account.port == 465
    assert "hidden" not in repr(account)
