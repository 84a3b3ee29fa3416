# SPDX-License-Identifier: Apache-2.0
"""Looking at the pages as somebody else: for administrators of everything, reading only, for half an hour, and not in secret.

The view is kept with the session on the server. Whose pages they are reads when, and by whom, in their settings.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from xrm.access.limits import EVERYTHING, administrators
from xrm.access.models import session, user_view
from xrm.access.policy import require_everywhere
from xrm.access.recording import note
from xrm.access.users import User, Viewer, get_user
from xrm.db.ids import new_id
from xrm.errors import Conflict, NotFound, PermissionDenied, msg
from xrm.unit_of_work import Actor, UnitOfWork

LONGEST = timedelta(minutes=30)


@dataclass(frozen=True)
class View:
    """One time that somebody looked: who, from when to when."""

    viewer: str
    began_at: datetime
    ended_at: datetime


def refuse_view(actor: Actor) -> None:
    """Stop who looks at the pages as somebody else: they read, and change nothing.

    Raises:
        PermissionDenied: (``view_only``), saying how to go on.
    """
    if actor.seen_by is not None:
        raise PermissionDenied(
            msg("You look at the pages as somebody else, so nothing can be changed. End that view first."), code="view_only"
        )


def begin_view(uow: UnitOfWork, token: str, user_id: uuid.UUID) -> None:
    """Let the session of this token show the pages as another user sees them, for half an hour.

    Raises:
        PermissionDenied: unless the actor administers everything everywhere: who does not could see more than their own.
        NotFound: when there is no such active user, or the session is not the actor's.
        Conflict: for oneself.
    """
    require_everywhere(uow, EVERYTHING)
    viewed = get_user(uow, user_id)
    if viewed is None or not viewed.is_active:
        raise NotFound(msg("There is no active user with the id {id}.", id=user_id))
    if user_id == uow.actor.user_id:
        raise Conflict(msg("These are your own pages already."), code="own")
    mine = session.c.token_hash == _key(token), session.c.user_id == uow.actor.user_id
    if uow.execute(select(session.c.user_id).where(*mine)).first() is None:
        raise NotFound(msg("Your session has ended. Sign in again."))
    one = new_id()
    viewer = {"viewer_id": uow.actor.user_id, "viewer_name": uow.actor.name}
    uow.execute(insert(user_view).values(id=one, user_id=user_id, began_at=uow.now, **viewer))
    uow.execute(update(session).where(*mine).values(view_id=one))
    note(uow, user_id, "user", "user.view_began", {"viewer": (None, uow.actor.name), "until": (None, uow.now + LONGEST)})


def end_view(uow: UnitOfWork, token: str) -> None:
    """Let the session of this token show its own user's pages again; whoever holds the token may."""
    found = uow.execute(
        select(user_view.c.id, user_view.c.user_id, user_view.c.viewer_name, user_view.c.began_at)
        .join(session, session.c.view_id == user_view.c.id).where(session.c.token_hash == _key(token))
    ).first()
    if found is None:
        return
    ended = min(uow.now, found.began_at + LONGEST)
    uow.execute(update(user_view).where(user_view.c.id == found.id).values(ended_at=ended))
    uow.execute(update(session).where(session.c.token_hash == _key(token)).values(view_id=None))
    note(uow, found.user_id, "user", "user.view_ended", {"viewer": (found.viewer_name, None), "ended_at": (None, ended)})


def as_seen(uow: UnitOfWork, viewer: User, view_id: uuid.UUID) -> User:
    """Whose pages a session with this view shows: the viewed user's, in the viewer's language and look.

    When the time is up, or the viewer administers everything no more, they are the viewer's own again; writing waits until
    the viewer says that they go on as themselves, so that nothing typed in a view is done in their name.
    """
    row = uow.execute(select(user_view.c.user_id, user_view.c.began_at).where(user_view.c.id == view_id)).first()
    until = row.began_at + LONGEST if row is not None else uow.now
    mark = Viewer(viewer.id, viewer.name, until)
    viewed = get_user(uow, row.user_id) if row is not None and uow.now < until else None
    if viewed is None or not viewed.is_active or viewer.id not in administrators(uow):
        return replace(viewer, seen_by=replace(mark, is_over=True))
    return replace(
        viewed, language=viewer.language, time_zone=viewer.time_zone, theme=viewer.theme, density=viewer.density, seen_by=mark
    )


def list_own_views(uow: UnitOfWork, *, most: int = 10) -> list[View]:
    """When administrators looked at the actor's pages, the latest first; one that was not ended ended by itself."""
    rows = uow.execute(
        select(user_view.c.viewer_name, user_view.c.began_at, user_view.c.ended_at)
        .where(user_view.c.user_id == uow.actor.user_id).order_by(user_view.c.began_at.desc()).limit(most)
    )
    return [View(row.viewer_name, row.began_at, row.ended_at or row.began_at + LONGEST) for row in rows]


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
