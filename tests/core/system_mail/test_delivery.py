# SPDX-License-Identifier: Apache-2.0
"""The system's own mails, over a real mail server: in whose language, with which link, and what becomes of a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select, update

from tests.factories.mail import Mailbox, link_of, mail_server, text_of
from xrm.access.service import create_user, deactivate_user
from xrm.errors import ConfigurationError
from xrm.invitations.asking import ask_for_reset
from xrm.invitations.links import INVITATION, RESET, find_link
from xrm.invitations.mails import queue_mail
from xrm.invitations.redeeming import accept_invitation, reset_password
from xrm.invitations.service import invite, reset_second_factor, take_back
from xrm.jobs.models import job
from xrm.jobs.worker import run_due
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.system_mail.sending import check
from xrm.system_mail.server import mail_server as server_of
from xrm.unit_of_work import UnitOfWork, system_actor
from xrm.work import KINDS

SYSTEM = system_actor()
BASE = "https://crm.example.org/xrm"


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as found:
        yield found


@pytest.fixture
def posting(runtime: Runtime, box: Mailbox) -> Runtime:
    """The program, with a mail server."""
    runtime.settings = replace(runtime.settings, mail_server=box.url, mail_from="Our CRM <crm@example.org>", base_url=BASE)
    return runtime


def states(runtime: Runtime) -> list[tuple[str, str]]:
    rows = runtime.read(lambda uow: uow.execute(select(job.c.state, job.c.error).order_by(job.c.id)).all(), SYSTEM)
    return [(row.state, row.error) for row in rows]


@pytest.mark.parametrize(("language", "subject"), [("en", "You are invited to xrm"), ("fr", "Vous êtes invité à utiliser xrm")])
def test_an_invitation_arrives_in_the_language_of_who_is_invited(
    posting: Runtime, box: Mailbox, language: str, subject: str
) -> None:
    posting.write(lambda uow: invite(uow, "nadia@example.org", name="Nadia <b>Ek</b>", language=language), SYSTEM)

    assert run_due(posting, kinds=KINDS) == 1

    (mail,) = box.received
    html = mail.get_body(("html",))
    assert (mail["To"], mail["From"], mail["Subject"]) == ("nadia@example.org", "Our CRM <crm@example.org>", subject)
    assert html is not None
    assert "Nadia &lt;b&gt;Ek" in html.get_content()
    assert link_of(mail).startswith(f"{BASE}/welcome/")
    assert link_of(mail) in html.get_content()


@pytest.mark.parametrize(("language", "subject"), [
    ("en", "Your second factor for xrm was reset"), ("fr", "Votre second facteur pour xrm a été réinitialisé"),
])
def test_who_loses_their_second_factor_is_told_without_a_link(
    posting: Runtime, box: Mailbox, language: str, subject: str
) -> None:
    one = posting.write(lambda uow: create_user(uow, "nadia@example.org", name="Nadia", language=language), SYSTEM)
    posting.write(lambda uow: reset_second_factor(uow, one), SYSTEM)

    assert run_due(posting, kinds=KINDS) == 1

    (mail,) = box.received
    assert mail["Subject"] == subject
    assert "crm.example.org" in text_of(mail)
    assert "https://" not in text_of(mail)


def test_the_link_of_the_mail_works_and_stands_in_no_table(posting: Runtime, box: Mailbox) -> None:
    posting.write(lambda uow: invite(uow, "nadia@example.org"), SYSTEM)
    run_due(posting, kinds=KINDS)
    token = link_of(box.received[0]).rpartition("/")[2]

    def everything(uow: UnitOfWork) -> str:
        return "".join(str(uow.execute(select(table)).all()) for table in job.metadata.sorted_tables)

    assert token not in posting.read(everything, SYSTEM)
    posting.write(lambda uow: accept_invitation(uow, token, password="long enough", name="Nadia", language=""), SYSTEM)


def test_a_new_password_is_told_by_mail(posting: Runtime, box: Mailbox) -> None:
    posting.write(lambda uow: create_user(uow, "nadia@example.org", name="Nadia", password="an older one"), SYSTEM)
    posting.write(lambda uow: ask_for_reset(uow, "NADIA@example.org", "192.0.2.1"), SYSTEM)
    run_due(posting, kinds=KINDS)
    token = link_of(box.received[0]).rpartition("/")[2]

    posting.write(lambda uow: reset_password(uow, token, "a newer one"), SYSTEM)
    run_due(posting, kinds=KINDS)

    assert [mail["Subject"] for mail in box.received] == ["Choose a new password for xrm", "Your password for xrm was changed"]
    assert "http" not in text_of(box.received[1])


def test_to_nobody_nothing_is_sent(posting: Runtime, box: Mailbox) -> None:
    elsewhere = posting.write(lambda uow: create_user(uow, "elsewhere@example.org"), SYSTEM)  # signs in at a provider
    gone = posting.write(lambda uow: create_user(uow, "gone@example.org", password="long enough"), SYSTEM)
    back = posting.write(lambda uow: invite(uow, "back@example.org"), SYSTEM).user_id
    posting.write(lambda uow: deactivate_user(uow, gone), SYSTEM)
    posting.write(lambda uow: take_back(uow, back), SYSTEM)
    for email in ("nobody@example.org", "elsewhere@example.org", "gone@example.org"):
        posting.write(lambda uow: ask_for_reset(uow, email, "192.0.2.1"), SYSTEM)

    run_due(posting, kinds=KINDS)

    assert box.received == []
    assert {state for state, _ in states(posting)} == {"done"}
    assert elsewhere


def test_who_was_invited_and_forgets_a_password_is_invited_again(posting: Runtime, box: Mailbox) -> None:
    posting.write(lambda uow: invite(uow, "nadia@example.org"), SYSTEM)
    posting.write(lambda uow: ask_for_reset(uow, "nadia@example.org", "192.0.2.1"), SYSTEM)
    run_due(posting, kinds=KINDS)

    token = link_of(box.received[1]).rpartition("/")[2]
    assert posting.read(lambda uow: find_link(uow, token, INVITATION, RESET), SYSTEM).purpose == INVITATION


@pytest.mark.parametrize(("answer", "state"), [("451 4.3.0 later", "waiting"), ("550 5.1.1 nobody here", "failed")])
def test_what_the_server_refuses_is_tried_again_or_given_up(posting: Runtime, box: Mailbox, answer: str, state: str) -> None:
    box.answers = [answer]
    posting.write(lambda uow: invite(uow, "nadia@example.org"), SYSTEM)

    run_due(posting, kinds=KINDS)

    assert states(posting) == [(state, f"The mail server 127.0.0.1 says: {answer}")]
    if state == "waiting":
        posting.write(lambda uow: uow.execute(update(job).values(due_at=uow.now)), SYSTEM)
        run_due(posting, kinds=KINDS)
        assert len(box.received) == 1


def test_a_server_that_is_away_is_waited_for(posting: Runtime) -> None:
    posting.settings = replace(posting.settings, mail_server="smtp://127.0.0.1:1")
    posting.write(lambda uow: queue_mail(uow, RESET, _user(uow)), SYSTEM)

    run_due(posting, kinds=KINDS)

    ((state, error),) = states(posting)
    assert state == "waiting"
    assert "127.0.0.1" in error


def _user(uow: UnitOfWork) -> UUID:
    return create_user(uow, "nadia@example.org", password="long enough")


@pytest.mark.parametrize(
    ("server", "sender", "named"),
    [
        ("", "crm@example.org", "mail_server"), ("smtp://mail.example.org", "", "mail_from"),
        ("mail.example.org", "crm@example.org", "smtp://user"), ("smtp://mail.example.org:x", "crm@example.org", "smtp://user"),
        ("smtp+plain://u:secret@mail.example.org", "crm@example.org", "encryption"),
        ("smtp://mail.example.org", "crm", "mail_from"),
        ("smtp://mail.example.org", "crm@example.org\nBcc: eve@example.org", "mail_from"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(settings: Settings, server: str, sender: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named) as caught:
        server_of(replace(settings, mail_server=server, mail_from=sender))

    assert "secret" not in str(caught.value)


def test_settings_say_how_to_speak(settings: Settings) -> None:
    def speaks(url: str) -> tuple[str, int]:
        found = server_of(replace(settings, mail_server=url, mail_from="crm@example.org"))
        return found.security, found.port

    assert speaks("smtp://u:p%40ss@mail.example.org") == ("starttls", 587)
    assert speaks("smtps://mail.example.org") == ("tls", 465)
    assert speaks("smtp+plain://mail.example.org") == ("none", 25)
    assert speaks("smtp://localhost:2525") == ("none", 2525)
    masked = replace(settings, mail_server="smtp://u:hidden@mail.example.org").masked()
    assert masked["mail_server"] == "smtp://u:********@mail.example.org"


def test_the_server_can_be_looked_at(settings: Settings, box: Mailbox) -> None:
    there = server_of(replace(settings, mail_server=box.url, mail_from="crm@example.org"))

    assert check(there) == ""
    assert "127.0.0.1:1" in check(replace(there, port=1))
