# SPDX-License-Identifier: Apache-2.0
"""Looking at the pages as somebody else: administrators of everything, reading, for half an hour, not in secret."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.factories.graph import Graph
from xrm.access.models import grant, user_view
from xrm.access.service import create_shipped_sets, create_user, deactivate_user, give
from xrm.access.sessions import end_session, find_session, start_session
from xrm.access.users import User
from xrm.access.viewing_as import LONGEST, begin_view, end_view, list_own_views
from xrm.audit.models import audit_entry
from xrm.errors import Conflict, NotFound, PermissionDenied
from xrm.factors.queries import waiting_secret
from xrm.factors.service import start_app
from xrm.history.access_log import AccessLog
from xrm.history.log import list_accesses
from xrm.unit_of_work import Actor, system_actor


@pytest.fixture
def anna(graph: Graph) -> uuid.UUID:
    graph.write(create_shipped_sets)
    return graph.write(lambda uow: create_user(uow, "anna@example.org", name="Anna", language="fr"))


@pytest.fixture
def token(graph: Graph) -> str:
    """The administrator's session."""
    user_id = graph.admin.user_id
    assert user_id is not None
    return graph.write(lambda uow: start_session(uow, user_id, "", ""), system_actor())


def seen(graph: Graph, token: str) -> User:
    found = graph.read(lambda uow: find_session(uow, token), system_actor())
    assert found is not None
    return found.user


def test_the_session_shows_the_pages_of_the_other_until_it_is_ended(graph: Graph, anna: uuid.UUID, token: str) -> None:
    graph.write(lambda uow: begin_view(uow, token, anna))
    during = seen(graph, token)
    graph.write(lambda uow: end_view(uow, token))
    after = seen(graph, token)

    assert (during.id, during.language, during.seen_by is not None) == (anna, "", True)
    assert (after.id, after.seen_by) == (graph.admin.user_id, None)
    views = graph.read(list_own_views, Actor("user", anna, "Anna"))
    assert [(one.viewer, one.ended_at - one.began_at < LONGEST) for one in views] == [(graph.admin.name, True)]
    about_her = select(audit_entry.c.action).where(audit_entry.c.subject_id == anna)
    actions = graph.read(lambda uow: uow.execute(about_her).scalars().all())
    assert {"user.view_began", "user.view_ended"} <= set(actions)


def test_nothing_is_written_in_a_view(graph: Graph, anna: uuid.UUID, token: str) -> None:
    graph.write(lambda uow: give(uow, anna, "administrator", depth="all"))
    graph.write(lambda uow: begin_view(uow, token, anna))

    with pytest.raises(PermissionDenied) as told:
        graph.write(lambda uow: create_user(uow, "more@example.org"), seen(graph, token).as_actor("web"))
    assert told.value.code == "view_only"


def test_after_half_an_hour_it_is_over_and_writing_waits_for_a_word(graph: Graph, anna: uuid.UUID, token: str) -> None:
    graph.write(lambda uow: begin_view(uow, token, anna))
    graph.write(lambda uow: uow.execute(update(user_view).values(began_at=uow.now - LONGEST - timedelta(seconds=1))))

    late = seen(graph, token)

    assert late.id == graph.admin.user_id
    assert late.seen_by is not None
    assert late.seen_by.is_over
    with pytest.raises(PermissionDenied):
        graph.write(lambda uow: create_user(uow, "more@example.org"), late.as_actor("web"))
    graph.write(lambda uow: end_view(uow, token), system_actor())
    assert seen(graph, token).seen_by is None


def test_a09_only_administrators_of_everything_look_and_only_with_their_own_session(
    graph: Graph, anna: uuid.UUID, token: str
) -> None:
    nearly = graph.user({None: ["*:read", "*:administer"]}, depth="all")
    local = graph.user({graph.departments.sales: ["*:*"]}, depth="below")

    for actor in (nearly, local):
        with pytest.raises(PermissionDenied):
            graph.write(lambda uow: begin_view(uow, token, anna), actor)
    other = graph.user({None: ["*:*"]}, depth="all")
    with pytest.raises(NotFound):
        graph.write(lambda uow: begin_view(uow, token, anna), other)
    with pytest.raises(Conflict):
        graph.write(lambda uow: begin_view(uow, token, graph.admin.user_id or anna))
    graph.write(lambda uow: deactivate_user(uow, anna))
    with pytest.raises(NotFound):
        graph.write(lambda uow: begin_view(uow, token, anna))


def test_a18_who_administers_no_more_sees_no_more(graph: Graph, anna: uuid.UUID, token: str) -> None:
    graph.write(lambda uow: begin_view(uow, token, anna))
    graph.write(lambda uow: uow.execute(update(grant).where(grant.c.user_id == graph.admin.user_id).values(depth="own")))

    assert seen(graph, token).id == graph.admin.user_id


def test_a_view_ends_with_the_session(graph: Graph, anna: uuid.UUID, token: str) -> None:
    graph.write(lambda uow: begin_view(uow, token, anna))
    graph.write(lambda uow: end_session(uow, token), system_actor())

    ended = graph.read(lambda uow: uow.execute(select(user_view.c.ended_at)).scalar(), system_actor())
    assert ended is not None


def test_who_saw_and_who_exported_is_the_person_who_sat_there(graph: Graph, anna: uuid.UUID, token: str) -> None:
    firm, log = graph.organization(), AccessLog(graph.runtime, every=0)
    graph.write(lambda uow: begin_view(uow, token, anna))
    actor = seen(graph, token).as_actor("web")

    log.seen(actor, firm, "organization")
    export = log.begin_export(actor, "organization", "")
    export.add([firm])
    export.end(1)
    log.seen(Actor("user", anna, "Anna", via="web"), firm, "organization")
    log.flush()

    found = graph.read(lambda uow: list_accesses(uow, firm)[0])
    assert sorted((one.kind, one.user) for one in found) == [
        ("exported", "admin"), ("seen", "Anna"), ("seen", "admin")
    ]


def test_the_secret_of_an_app_is_shown_to_nobody_but_its_owner(graph: Graph, anna: uuid.UUID, token: str) -> None:
    graph.runtime.settings = replace(graph.runtime.settings, secret_key="k3y-of-these-tests-that-nobody-else-has-0123456789")
    herself = Actor("user", anna, "Anna")
    graph.write(lambda uow: start_app(uow, anna), herself)
    graph.write(lambda uow: begin_view(uow, token, anna))

    assert graph.read(lambda uow: waiting_secret(uow, anna), herself)
    with pytest.raises(PermissionDenied):
        graph.read(lambda uow: waiting_secret(uow, anna), seen(graph, token).as_actor("web"))


def test_nobody_looks_as_a_third_from_within_a_view(graph: Graph, anna: uuid.UUID, token: str) -> None:
    graph.write(lambda uow: give(uow, anna, "administrator", depth="all"))
    third = graph.write(lambda uow: create_user(uow, "third@example.org"))
    graph.write(lambda uow: begin_view(uow, token, anna))

    with pytest.raises(PermissionDenied) as told:
        graph.write(lambda uow: begin_view(uow, token, third), seen(graph, token).as_actor("web"))
    assert told.value.code == "view_only"
