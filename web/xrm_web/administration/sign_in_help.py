# SPDX-License-Identifier: Apache-2.0
"""Help for somebody who cannot sign in, and the end of a login: each is said in full before it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from xrm.access.directory import Person, get_person
from xrm.access.limits import administrators, require_charge
from xrm.access.people import activate_user
from xrm.access.policy import scope
from xrm.access.service import deactivate_user
from xrm.access.sessions import end_sessions, list_sessions
from xrm.access.sign_in import has_password
from xrm.errors import Conflict, Message, PermissionDenied
from xrm.factors.queries import Factors, factors_of
from xrm.invitations.mails import sends_mail
from xrm.invitations.queries import is_pending
from xrm.invitations.service import Invited, make_reset_link, reset_second_factor, send_password_link
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.administration.answering import change_and_return
from xrm_web.administration.invitations import answer
from xrm_web.i18n import gettext, ngettext, translate
from xrm_web.security import signed_in

blueprint = Blueprint("admin_help", __name__, url_prefix="/admin/people/<uuid:user_id>/help")
EFFECTS: dict[str, Callable[[UnitOfWork, UUID], object]] = {
    "factors": reset_second_factor, "sessions": end_sessions, "off": deactivate_user, "on": activate_user,
}
STEPS = ("factors", "link", "sessions", "off")


@dataclass(frozen=True)
class SignIn:
    """How a person signs in, for those who may help: kinds and dates, no secret."""

    factors: Factors
    has_password: bool
    is_pending: bool
    sessions: int
    last_seen: datetime | None
    is_last: bool
    is_self: bool
    can_send: bool
    has_all_rights: bool

    @property
    def may_send_link(self) -> bool:
        """Whether the reader may give them a link, by mail or, for who has not come in yet, by hand."""
        return self.can_send or (not self.has_password and (self.is_pending or self.has_all_rights))

    @property
    def may_show_link(self) -> bool:
        """Whether the reader may see a link to a login that somebody uses already."""
        return self.has_password and self.has_all_rights


@dataclass(frozen=True)
class Step:
    """A step before it is done: its title, what will happen, the button, and what is said afterwards."""

    title: str
    effects: tuple[str, ...]
    button: str
    done: str
    is_bad: bool = False


def sign_in_of(uow: UnitOfWork, person: Person) -> SignIn | Message:
    """How this person signs in; or why the reader may not help them."""
    one = person.user.id
    try:
        require_charge(uow, one)
    except PermissionDenied as error:
        return error.message
    seen = list_sessions(uow, one)
    return SignIn(
        factors_of(uow, one), has_password(uow, one), is_pending(uow, one), len(seen), seen[0].seen_at if seen else None,
        administrators(uow) == {one}, uow.actor.user_id == one, sends_mail(uow.settings), scope(uow, "*", "*").is_everywhere,
    )


@blueprint.get("/<what>")
@signed_in
def show(user_id: UUID, what: str) -> ResponseReturnValue:
    """What this step will do."""
    return _page(user_id, what)


@blueprint.post("/<what>")
@signed_in
def take(user_id: UUID, what: str) -> ResponseReturnValue:
    """Do it."""
    person, found = _look(user_id)
    if what == "link":
        return _send_link(person, by_hand=request.form.get("by_hand") == "true")
    if what not in EFFECTS:
        abort(404)
    said = gettext("They can sign in again") if what == "on" else _step(what, person, found).done
    try:
        return change_and_return(lambda uow: EFFECTS[what](uow, user_id), said, url_for("admin_people.show", user_id=user_id))
    except Conflict as error:
        if error.code != "last_administrator":
            raise
        flash(translate(error.message), "bad")
        return redirect(url_for("admin_people.show", user_id=user_id), 303)


def _send_link(person: Person, *, by_hand: bool) -> ResponseReturnValue:
    def send(uow: UnitOfWork) -> Invited:
        if by_hand:
            return Invited(person.user.id, person.user.email, make_reset_link(uow, person.user.id))
        return send_password_link(uow, person.user.id)

    return answer(sessions.write(send))


def _look(user_id: UUID) -> tuple[Person, SignIn]:
    def find(uow: UnitOfWork) -> tuple[Person, SignIn | Message]:
        person = get_person(uow, user_id)
        return person, sign_in_of(uow, person)

    person, found = sessions.read(find)
    if not isinstance(found, SignIn):
        raise PermissionDenied(found)
    return person, found


def _page(user_id: UUID, what: str) -> ResponseReturnValue:
    person, found = _look(user_id)
    if what not in STEPS:
        abort(404)
    return render_template("admin/person_help.html", person=person, what=what, found=found, step=_step(what, person, found))


def _step(what: str, person: Person, found: SignIn) -> Step:
    words: dict[str, Callable[[Person, SignIn], Step]] = {
        "factors": _factors, "link": _link, "sessions": _sessions, "off": _off,
    }
    return words[what](person, found)


def _factors(_: Person, found: SignIn) -> Step:
    effects = [
        gettext("The app for codes, the recovery codes and all passkeys of this person open nothing any more."),
        gettext("They sign in with their password alone, and are asked to set up a second factor where one is needed.")
        if found.has_password else gettext("They have no password: give them a link to choose one as well."),
        _ends(found),
        gettext("It is noted in the audit log."),
        *([gettext("A mail tells them.")] if found.can_send else []),
    ]
    return Step(gettext("Reset second factor"), tuple(effects), gettext("Reset second factor"),
                gettext("The second factor was reset; their sessions have ended"), is_bad=True)


def _link(person: Person, found: SignIn) -> Step:
    email, effects = person.user.email, tuple[str, ...]()
    noted = gettext("It is noted in the audit log.")
    if not (found.may_send_link or found.may_show_link):
        effects = (gettext("Nothing yet: this instance sends no mail. Ask an administrator of everything for a link."),)
    elif not found.has_password:
        effects = (gettext("They choose a first password, by a link that works once within seven days."), noted)
    else:
        effects = (
            gettext("They choose a new password, by a link that works once within an hour."),
            gettext("The password of now stays good until then; then all their sessions end."), noted,
        )
    where = gettext("The link goes to %(email)s by mail.", email=email) if found.can_send else ""
    button = gettext("Send the link") if found.can_send else gettext("Show the link")
    return Step(gettext("Send password link"), (where, *effects) if where else effects, button, "")


def _sessions(_: Person, found: SignIn) -> Step:
    effects = (_ends(found), gettext("They can sign in again at once; API tokens go on working."))
    return Step(gettext("End all sessions"), effects, gettext("End all sessions"), gettext("All their sessions have ended"))


def _off(person: Person, found: SignIn) -> Step:
    effects = (
        gettext("%(name)s cannot sign in any more, and their API tokens open nothing.", name=person.user.name), _ends(found),
        gettext("Rights, departments and all they wrote stay as they are; the login can be switched on again."),
    )
    done = gettext("Switched off; their sessions have ended")
    return Step(gettext("Switch off"), effects, gettext("Switch off"), done, is_bad=True)


def _ends(found: SignIn) -> str:
    if not found.sessions:
        return gettext("They are not signed in anywhere just now.")
    return ngettext("Their session ends at once.", "Their %(num)s sessions end at once.", found.sessions)
