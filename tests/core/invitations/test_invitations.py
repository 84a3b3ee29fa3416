# SPDX-License-Identifier: Apache-2.0
"""Inviting, coming in, choosing a new password, becoming the first administrator."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, update

from tests.factories.access import Departments, add_user
from xrm.access.models import grant, session, user
from xrm.access.service import create_shipped_sets, create_user
from xrm.access.sessions import start_session
from xrm.access.sign_in import check_sign_in
from xrm.access.users import find_user
from xrm.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from xrm.invitations.asking import MOST_TO, ask_for_reset
from xrm.invitations.links import INVITATION, RESET, make_link
from xrm.invitations.queries import list_invitations
from xrm.invitations.redeeming import accept_invitation, create_first_administrator, reset_password
from xrm.invitations.service import (
    Invited,
    invite,
    invite_again,
    make_first_link,
    make_reset_link,
    take_back,
)
from xrm.jobs.models import job
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork, system_actor

SYSTEM = system_actor()
PASSWORD = "a sentence only I know"


def token_of(link: str) -> str:
    return link.rpartition("/")[2]


def invited(runtime: Runtime, email: str = "nadia@example.org", actor: Actor = SYSTEM, **more: object) -> Invited:
    return runtime.write(lambda uow: invite(uow, email, **more), actor)  # type: ignore[arg-type]


def accept(runtime: Runtime, link: str, password: str = PASSWORD, name: str = "Nadia Ek", language: str = "fr") -> UUID:
    token = token_of(link)
    return runtime.write(lambda uow: accept_invitation(uow, token, password=password, name=name, language=language), SYSTEM)


def test_who_is_invited_chooses_password_name_and_language(runtime: Runtime) -> None:
    made = invited(runtime)

    accept(runtime, made.link)

    found = runtime.read(lambda uow: check_sign_in(uow, "nadia@example.org", PASSWORD).user, SYSTEM)
    assert found is not None
    assert (found.id, found.name, found.language) == (made.user_id, "Nadia Ek", "fr")
    assert runtime.read(list_invitations, SYSTEM) == []
    with pytest.raises(NotFound):
        accept(runtime, made.link, "another password")


def test_rights_are_given_with_the_invitation(runtime: Runtime, departments: Departments, admin: Actor) -> None:
    runtime.write(create_shipped_sets, SYSTEM)

    made = invited(runtime, actor=admin, department=departments.sales, set_key="reader")

    row = runtime.read(lambda uow: uow.execute(select(grant).where(grant.c.user_id == made.user_id)).one(), SYSTEM)
    assert (row.department_id, row.depth) == (departments.sales, "department")
    (waiting,) = runtime.read(list_invitations, admin)
    assert (waiting.email, waiting.invited_by) == ("nadia@example.org", admin.name)


@pytest.mark.parametrize(("password", "name", "field"), [("short", "Nadia", "password"), (PASSWORD, "Na\x1bdia", "name")])
def test_a_wrong_answer_leaves_the_link_good(runtime: Runtime, password: str, name: str, field: str) -> None:
    made = invited(runtime)

    with pytest.raises(InvalidInput) as caught:
        accept(runtime, made.link, password, name)

    assert [one.path for one in caught.value.problems] == [field]
    accept(runtime, made.link)


@pytest.mark.parametrize(
    "email", ["Nadia@Example.org", " nadia@example.org ", "\uff4eadia@example.org", "nadia@\uff45xample.org"]
)
def test_a28_an_address_written_otherwise_is_never_invited_into_an_existing_login(runtime: Runtime, email: str) -> None:
    one = runtime.write(lambda uow: create_user(uow, "nadia@example.org", name="Nadia", password=PASSWORD), SYSTEM)

    with pytest.raises((Conflict, InvalidInput)):
        invited(runtime, email)

    assert runtime.read(lambda uow: check_sign_in(uow, "nadia@example.org", PASSWORD).user, SYSTEM) is not None
    assert runtime.read(lambda uow: find_user(uow, "nadia@example.org").id, SYSTEM) == one


def test_inviting_again_ends_the_link_of_before(runtime: Runtime) -> None:
    first = invited(runtime)

    second = runtime.write(lambda uow: invite_again(uow, first.user_id), SYSTEM)

    with pytest.raises(NotFound):
        accept(runtime, first.link)
    accept(runtime, second.link)
    with pytest.raises(NotFound):
        runtime.write(lambda uow: invite_again(uow, first.user_id), SYSTEM)


def test_an_invitation_taken_back_opens_nothing(runtime: Runtime) -> None:
    made = invited(runtime)

    runtime.write(lambda uow: take_back(uow, made.user_id), SYSTEM)

    with pytest.raises(NotFound):
        accept(runtime, made.link)
    assert runtime.read(list_invitations, SYSTEM) == []


def test_a09_a_link_to_a_login_with_all_rights_is_made_by_nobody_with_fewer(runtime: Runtime, admin: Actor) -> None:
    helper = runtime.write(lambda uow: add_user(uow, "desk@example.org", {None: ["user:administer"]}, depth="all"), SYSTEM)
    assert admin.user_id is not None
    owner = admin.user_id

    with pytest.raises(PermissionDenied):
        runtime.write(lambda uow: make_reset_link(uow, owner), helper)
    assert "/reset/" in runtime.write(lambda uow: make_reset_link(uow, owner), admin)


def test_a_new_password_ends_all_sessions(runtime: Runtime) -> None:
    one = runtime.write(lambda uow: create_user(uow, "nadia@example.org", password="an older one"), SYSTEM)
    runtime.write(lambda uow: start_session(uow, one, "127.0.0.1", "test"), SYSTEM)
    token = token_of(runtime.write(lambda uow: make_reset_link(uow, one), SYSTEM))

    runtime.write(lambda uow: reset_password(uow, token, PASSWORD), SYSTEM)

    assert runtime.read(lambda uow: uow.execute(select(func.count()).select_from(session)).scalar(), SYSTEM) == 0
    assert runtime.read(lambda uow: check_sign_in(uow, "nadia@example.org", PASSWORD).user, SYSTEM) is not None
    assert runtime.read(lambda uow: check_sign_in(uow, "nadia@example.org", "an older one").user, SYSTEM) is None


def forget_everybody(runtime: Runtime) -> None:
    runtime.write(lambda uow: uow.execute(delete(user)), SYSTEM)


def test_the_first_administrator_is_made_once(runtime: Runtime) -> None:
    forget_everybody(runtime)
    older = token_of(runtime.write(make_first_link, SYSTEM))
    token = token_of(runtime.write(make_first_link, SYSTEM))
    given = {"email": "ada@example.org", "password": PASSWORD, "name": "Ada", "language": "en"}

    with pytest.raises(NotFound):
        runtime.write(lambda uow: create_first_administrator(uow, older, **given), SYSTEM)
    one = runtime.write(lambda uow: create_first_administrator(uow, token, **given), SYSTEM)

    actor = Actor("user", one, "Ada")
    assert runtime.write(lambda uow: create_user(uow, "second@example.org"), actor)
    with pytest.raises(NotFound):
        runtime.write(lambda uow: create_first_administrator(uow, token, **given), SYSTEM)
    with pytest.raises(Conflict):
        runtime.write(make_first_link, SYSTEM)


def test_a26_a_link_made_before_somebody_came_is_worth_nothing_after(runtime: Runtime) -> None:
    forget_everybody(runtime)
    token = token_of(runtime.write(make_first_link, SYSTEM))
    runtime.write(lambda uow: create_user(uow, "ada@example.org", password=PASSWORD), SYSTEM)

    given = {"email": "eve@example.org", "password": PASSWORD, "name": "Eve", "language": ""}
    with pytest.raises(NotFound):
        runtime.write(lambda uow: create_first_administrator(uow, token, **given), SYSTEM)


def with_mail(runtime: Runtime) -> Runtime:
    runtime.settings = replace(runtime.settings, mail_server="smtp://127.0.0.1:1", mail_from="crm@example.org")
    return runtime


def jobs(runtime: Runtime) -> list[str]:
    return list(runtime.read(lambda uow: uow.execute(select(job.c.payload).order_by(job.c.id)).scalars().all(), SYSTEM))


def test_a25_known_and_unknown_leave_the_same_traces(runtime: Runtime, admin: Actor) -> None:
    with_mail(runtime)

    def ask(email: str) -> None:
        runtime.write(lambda uow: ask_for_reset(uow, email, "192.0.2.1"), SYSTEM)

    ask("admin@example.org")
    ask("nobody@example.org")

    known, unknown = jobs(runtime)
    assert str(admin.user_id) in known
    assert len(known) == len(unknown)
    assert "example.org" not in unknown


def test_one_recipient_gets_few_mails_and_one_place_asks_for_few(runtime: Runtime) -> None:
    with_mail(runtime)
    for _ in range(MOST_TO + 3):
        runtime.write(lambda uow: ask_for_reset(uow, "ADMIN@example.org", "192.0.2.1"), SYSTEM)
    sent = len(jobs(runtime))

    def ask_for_many(uow: UnitOfWork) -> None:
        for number in range(30):
            ask_for_reset(uow, f"user{number}@example.org", "192.0.2.1")

    assert sent == MOST_TO
    with pytest.raises(Conflict, match="too often"):
        runtime.write(ask_for_many, SYSTEM)


def test_links_are_in_no_job_where_mail_is_sent(runtime: Runtime) -> None:
    with_mail(runtime)

    made = invited(runtime)

    assert made.link == ""
    assert jobs(runtime) == [f'{{"mail": "{INVITATION}", "user": "{made.user_id}"}}']


def test_a_switched_off_user_is_not_let_in_by_a_link(runtime: Runtime, admin: Actor) -> None:
    token = runtime.write(lambda uow: make_link(uow, RESET, admin.user_id), SYSTEM)
    runtime.write(lambda uow: uow.execute(update(user).where(user.c.id == admin.user_id).values(is_active=False)), SYSTEM)

    with pytest.raises(NotFound):
        runtime.write(lambda uow: reset_password(uow, token, PASSWORD), SYSTEM)
