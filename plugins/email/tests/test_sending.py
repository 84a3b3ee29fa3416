# SPDX-License-Identifier: Apache-2.0
"""From the page to a real mail server: queued and recorded at once, sent once, tried again or refused as the server says."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from plugins.email.tests.mail_server import Sink, free_port, mail_server, rude_server
from tests.factories.access import Departments, add_user
from xrm.channels import delivery
from xrm.channels.models import message
from xrm.channels.queries import Message, count_messages, messages_of
from xrm.channels.service import QueuedMessage, write_message
from xrm.contact_points.models import address_state
from xrm.contact_points.queries import list_contact_points
from xrm.contact_points.service import add_contact_point
from xrm.entities.queries import get_entity
from xrm.entities.service import create_entity, update_entity
from xrm.errors import InvalidInput, NotFound, PermissionDenied
from xrm.interactions.queries import timeline
from xrm.jobs.models import job
from xrm.jobs.queries import list_jobs
from xrm.jobs.worker import run_due
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor
from xrm.work import KINDS

SYSTEM = system_actor("test")


@pytest.fixture
def plugins() -> Mapping[str, str]:
    return {"base": "xrm_base", "email": "xrm_email"}


@dataclass
class Post:
    """One person with an address, and the means to write to her."""

    runtime: Runtime
    actor: Actor
    department: uuid.UUID
    person: uuid.UUID
    point: uuid.UUID

    def use(self, port: int, **more: str) -> None:
        own = {"host": "127.0.0.1", "port": str(port), "security": "none", "from_address": "us@example.org", "timeout": "30"}
        self.runtime.settings = replace(self.runtime.settings, plugins={"email": own | more})

    def write(self, subject: str = "Élan", body: str = "Bonjour\nAda") -> QueuedMessage:
        return self.runtime.write(
            lambda uow: write_message(uow, "email", self.person, to=self.point, subject=subject, body=body), self.actor
        )

    def run_now(self) -> int:
        def make_due(uow: UnitOfWork) -> None:
            past = uow.now - timedelta(seconds=1)
            for state, column in (("waiting", "due_at"), ("running", "leased_until")):
                uow.execute(update(job).where(job.c.state == state).values({column: past}))

        self.runtime.write(make_due, SYSTEM)
        return run_due(self.runtime, kinds=KINDS)

    def seen(self, queued: QueuedMessage) -> Message:
        return self.runtime.read(lambda uow: messages_of(uow, [queued.interaction]), self.actor)[queued.interaction]

    def outcome(self) -> str:
        return self.runtime.read(lambda uow: timeline(uow, self.person), self.actor).items[0].outcome

    def bounced(self) -> bool:
        points = self.runtime.read(lambda uow: list_contact_points(uow, self.person), self.actor)
        return points[0].bounced_at is not None


@pytest.fixture
def post(runtime: Runtime, admin: Actor, departments: Departments) -> Post:
    def make(uow: UnitOfWork) -> tuple[uuid.UUID, uuid.UUID]:
        name = {"first_name": "Ada", "last_name": "Lovelace, Countess"}
        person = create_entity(uow, "person", name, department=departments.sales)
        return person, add_contact_point(uow, person, "email", "ada@example.com")

    person, point = runtime.write(make, admin)
    return Post(runtime, admin, departments.sales, person, point)


@pytest.fixture
def sink(post: Post) -> Iterator[Sink]:
    found = Sink()
    with mail_server(found) as port:
        post.use(port)
        yield found


def test_a_message_arrives_as_it_was_written_and_stands_on_the_timeline(post: Post, sink: Sink) -> None:
    queued = post.write()
    before = post.outcome()

    post.run_now()

    mail = sink.received[0]
    assert (mail["Subject"], mail["Message-ID"], sink.recipients) == ("Élan", queued.message_id, [["ada@example.com"]])
    assert mail["To"].addresses[0].display_name == "Ada Lovelace, Countess"
    assert mail.get_content().splitlines() == ["Bonjour", "Ada"]
    assert (before, post.outcome(), post.seen(queued).state) == ("Waiting to be sent", "Sent", "sent")


def test_a_message_is_sent_once_however_often_the_queue_is_run(post: Post, sink: Sink) -> None:
    post.write()

    for _ in range(3):
        post.run_now()

    assert len(sink.received) == 1


@pytest.mark.parametrize("answer", ["421 closing", "450 busy", "451 try later"])
def test_a_server_that_says_not_now_is_asked_again(post: Post, sink: Sink, answer: str) -> None:
    sink.answers = [answer]
    queued = post.write()

    post.run_now()
    first = post.seen(queued)
    post.run_now()

    assert (first.state, answer in first.detail, post.bounced()) == ("queued", True, False)
    assert (post.seen(queued).state, post.seen(queued).attempts) == ("sent", 2)


@pytest.mark.parametrize("answer", ["550 no such user", "552 5.2.2 full", "553 bad mailbox"])
def test_a_refused_recipient_marks_the_address(post: Post, sink: Sink, answer: str) -> None:
    sink.rcpt = answer
    queued = post.write()

    post.run_now()

    assert (post.seen(queued).state, post.bounced(), answer in post.outcome()) == ("refused", True, True)
    with pytest.raises(InvalidInput, match="ada@example"):
        post.write()


@pytest.mark.parametrize(("answer", "is_bounced"), [("554 spam", False), ("550 5.7.1 policy", False), ("550 no", True)])
def test_a_refused_text_blames_the_address_only_if_the_server_does(post: Post, sink: Sink, answer: str, is_bounced: bool) -> None:
    sink.end_of_data = answer
    queued = post.write()

    post.run_now()

    assert (post.seen(queued).state, post.bounced()) == ("refused", is_bounced)


def test_a_connection_cut_after_the_text_leads_to_the_same_message_id_again(post: Post, sink: Sink) -> None:
    sink.cuts_after_data = 1
    queued = post.write()

    post.run_now()
    post.run_now()

    assert [mail["Message-ID"] for mail in sink.received] == [queued.message_id] * 2
    assert post.seen(queued).state == "sent"


def test_a_worker_killed_between_sending_and_writing_sends_the_same_message_id_again(
    post: Post, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = post.write()
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "_record", _killed)
        with pytest.raises(KeyboardInterrupt):
            post.run_now()

    post.run_now()

    assert [mail["Message-ID"] for mail in sink.received] == [queued.message_id] * 2
    assert (post.seen(queued).state, post.seen(queued).doubtful) == ("sent", 1)
    assert post.runtime.read(count_messages, post.actor) == {"sent": 1, "doubtful": 1}


def _killed(*_arguments: Any) -> None:
    raise KeyboardInterrupt


def test_nobody_listening_is_tried_again(post: Post) -> None:
    post.use(free_port())
    queued = post.write()

    post.run_now()

    assert (post.seen(queued).state, post.runtime.read(list_jobs, SYSTEM)[0].state) == ("queued", "waiting")


@pytest.mark.parametrize(("greeting", "drip"), [(b"", False), (b"220 hello\r\n", False), (b"", True)])
def test_a_server_that_hangs_or_drips_is_left_and_tried_again(post: Post, greeting: bytes, drip: bool) -> None:
    with rude_server(greeting, drip=drip) as port:
        post.use(port, timeout="1")
        queued = post.write()

        post.run_now()

    assert post.seen(queued).state == "queued"


def test_settings_that_are_missing_keep_the_message_waiting(post: Post) -> None:
    queued = post.write()

    post.run_now()

    assert post.seen(queued).state == "queued"
    assert "not set up here yet" in post.seen(queued).detail


def set_do_not_contact(uow: UnitOfWork, post: Post) -> None:
    update_entity(uow, post.person, {"do_not_contact": True})


def object_to_messages(uow: UnitOfWork, _post: Post) -> None:
    uow.execute(insert(address_state).values(kind="email", normalized="ada@example.com", objected_at=uow.now))


@pytest.mark.parametrize("change", [set_do_not_contact, object_to_messages])
def test_who_wants_no_messages_gets_none_even_from_the_queue(
    post: Post, sink: Sink, change: Callable[[UnitOfWork, Post], None]
) -> None:
    queued = post.write()
    post.runtime.write(lambda uow: change(uow, post), post.actor)

    post.run_now()

    assert (sink.received, post.seen(queued).state) == ([], "refused")
    with pytest.raises(InvalidInput):
        post.write()


def test_a_line_break_in_the_subject_is_refused(post: Post) -> None:
    with pytest.raises(InvalidInput):
        post.write(subject="Hello\r\nBcc: all@example.com")


def test_nothing_is_left_of_a_message_that_is_refused(post: Post) -> None:
    with pytest.raises(InvalidInput):
        post.write(body=" ")

    assert post.runtime.read(lambda uow: timeline(uow, post.person), post.actor).items == ()
    assert post.runtime.read(lambda uow: uow.execute(select(message)).all(), SYSTEM) == []
    assert post.runtime.read(list_jobs, SYSTEM) == []


def test_one_needs_the_right_to_send(post: Post, departments: Departments) -> None:
    rights = ["*:read", "*:create", "*:update"]
    reader = post.runtime.write(lambda uow: add_user(uow, "reader@example.org", {departments.sales: rights}), SYSTEM)

    with pytest.raises(PermissionDenied):
        post.runtime.write(lambda uow: write_message(uow, "email", post.person, to=post.point, subject="a", body="b"), reader)


def test_another_department_meets_neither_party_nor_message(post: Post, departments: Departments) -> None:
    queued = post.write()
    other = post.runtime.write(lambda uow: add_user(uow, "press@example.org", {departments.press: ["*:*"]}), SYSTEM)

    assert post.runtime.read(lambda uow: messages_of(uow, [queued.interaction]), other) == {}
    with pytest.raises(NotFound):
        post.runtime.write(lambda uow: write_message(uow, "email", post.person, to=post.point, subject="a", body="b"), other)


def test_the_button_on_the_page_writes(post: Post, sink: Sink) -> None:
    entity = post.runtime.read(lambda uow: get_entity(uow, post.person), post.actor)
    answers = post.runtime.read(lambda uow: uow.host.ask("actions", uow=uow, entity=entity), post.actor)
    action = answers.values[0]
    values = {"to": action.asks[0].default, "subject": "Hi", "body": "There"}

    post.runtime.write(lambda uow: action.run(uow, post.person, values), post.actor)
    post.run_now()

    assert [mail["Subject"] for mail in sink.received] == ["Hi"]


def test_without_a_mail_server_the_button_says_so_and_queues_nothing(post: Post) -> None:
    entity = post.runtime.read(lambda uow: get_entity(uow, post.person), post.actor)
    action = post.runtime.read(lambda uow: uow.host.ask("actions", uow=uow, entity=entity), post.actor).values[0]

    with pytest.raises(InvalidInput, match="not set up here yet"):
        post.runtime.write(lambda uow: action.run(uow, post.person, {}), post.actor)

    assert ("configuré" in action.blocked.get("fr"), action.asks, post.run_now()) == (True, (), 0)


def test_the_health_check_says_what_is_missing(post: Post) -> None:
    def ask(uow: UnitOfWork) -> Any:
        return uow.host.ask("health_checks", uow=uow).values[0].state

    before = post.runtime.read(ask, post.actor)
    post.use(25)

    assert (before, post.runtime.read(ask, post.actor)) == ("warn", "good")
