# SPDX-License-Identifier: Apache-2.0
"""What administrators of all and of some departments do with invitations and links, and what they may not."""

from __future__ import annotations

import pytest

from tests.core.invitations.test_invitations import PASSWORD, SYSTEM, invited, jobs, token_of, with_mail
from tests.factories.access import Departments, add_user
from xrm.access.people import change_email
from xrm.access.service import add_member, create_permission_set, create_shipped_sets, create_user
from xrm.access.users import find_user
from xrm.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from xrm.invitations.links import INVITATION, RESET
from xrm.invitations.previewing import preview_invitation
from xrm.invitations.queries import list_invitations
from xrm.invitations.redeeming import reset_password
from xrm.invitations.service import invite_again, make_reset_link, send_password_link, take_back
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor


def test_a09_department_administrators_invite_into_their_departments_alone(runtime: Runtime, departments: Departments) -> None:
    rights = ["*:administer", "person:read"]
    local = runtime.write(lambda uow: add_user(uow, "local@example.org", {departments.sales: rights}), SYSTEM)
    label = {"en": "Looks", "fr": "Regarde"}
    runtime.write(create_shipped_sets, SYSTEM)
    runtime.write(lambda uow: create_permission_set(uow, "looks", label, ["person:read"]), SYSTEM)

    for refused in ({}, {"set_key": "looks", "depth": "all"}, {"department": departments.press},
                    {"department": departments.sales, "set_key": "reader"},
                    {"department": departments.sales, "set_key": "looks", "depth": "below"}):
        with pytest.raises((PermissionDenied, InvalidInput)):
            invited(runtime, actor=local, **refused)
        with pytest.raises((PermissionDenied, InvalidInput)):
            runtime.read(lambda uow, more=refused: preview_invitation(uow, "nadia@example.org", **more), local)  # type: ignore[misc]
    made = invited(runtime, actor=local, department=departments.sales, set_key="looks")
    invited(runtime, "other@example.org", department=departments.press)

    assert [one.email for one in runtime.read(list_invitations, local)] == ["nadia@example.org"]
    assert runtime.write(lambda uow: invite_again(uow, made.user_id), local).link
    runtime.write(lambda uow: take_back(uow, made.user_id), local)
    assert runtime.read(list_invitations, local) == []


def test_a28_a_link_by_hand_where_mail_is_sent_is_for_who_administers_everywhere(
    runtime: Runtime, departments: Departments, admin: Actor
) -> None:
    local = runtime.write(lambda uow: add_user(uow, "local@example.org", {departments.sales: ["*:administer"]}), SYSTEM)
    with_mail(runtime)
    made = invited(runtime, actor=local, department=departments.sales)

    with pytest.raises(PermissionDenied):
        runtime.write(lambda uow: invite_again(uow, made.user_id, by_hand=True), local)
    assert runtime.write(lambda uow: invite_again(uow, made.user_id, by_hand=True), admin).link


@pytest.mark.parametrize("email", ["\uff4eadia@example.org", "NADIA@EXAMPLE.ORG"])
def test_a28_no_login_gets_an_address_that_another_has_written_otherwise(runtime: Runtime, email: str) -> None:
    runtime.write(lambda uow: create_user(uow, "nadia@example.org"), SYSTEM)
    other = runtime.write(lambda uow: create_user(uow, "other@example.org"), SYSTEM)

    with pytest.raises((Conflict, InvalidInput)):
        runtime.write(lambda uow: change_email(uow, other, email), SYSTEM)
    assert runtime.read(lambda uow: find_user(uow, "other@example.org").id, SYSTEM) == other


def test_a18_another_address_ends_the_links_that_went_to_the_old_one(runtime: Runtime) -> None:
    one = runtime.write(lambda uow: create_user(uow, "nadia@example.org", password="an older one"), SYSTEM)
    token = token_of(runtime.write(lambda uow: make_reset_link(uow, one), SYSTEM))

    runtime.write(lambda uow: change_email(uow, one, "ek@example.org"), SYSTEM)

    with pytest.raises(NotFound):
        runtime.write(lambda uow: reset_password(uow, token, PASSWORD), SYSTEM)


def test_a_password_link_goes_by_mail_or_is_an_invitation(runtime: Runtime, departments: Departments, admin: Actor) -> None:
    local = runtime.write(lambda uow: add_user(uow, "local@example.org", {departments.sales: ["*:administer"]}), SYSTEM)
    with_password, without = (
        runtime.write(lambda uow, email=email, word=word: create_user(uow, email, password=word), SYSTEM)  # type: ignore[misc]
        for email, word in (("nadia@example.org", "an older one"), ("new@example.org", None))
    )
    for one in (with_password, without):
        runtime.write(lambda uow, one=one: add_member(uow, one, departments.sales), SYSTEM)  # type: ignore[misc]

    with pytest.raises(Conflict, match="sends no mail"):
        runtime.write(lambda uow: send_password_link(uow, with_password), admin)
    with pytest.raises(PermissionDenied):
        runtime.write(lambda uow: send_password_link(uow, without), local)
    assert "/welcome/" in runtime.write(lambda uow: send_password_link(uow, without), admin).link
    with_mail(runtime)
    assert not any(runtime.write(lambda uow, one=one: send_password_link(uow, one), local).link  # type: ignore[misc]
                   for one in (with_password, without))
    assert [RESET in jobs(runtime)[0], INVITATION in jobs(runtime)[1]] == [True, True]
