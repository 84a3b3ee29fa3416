# SPDX-License-Identifier: Apache-2.0
"""The audit log for those who may read it: what was done in their departments, the state of the chain, the log as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue

from xrm.access.policy import allowed, require
from xrm.access.users import find_user
from xrm.departments.queries import get_tree
from xrm.errors import InvalidInput, NotFound, Problem, msg
from xrm.history.log import RIGHT, ChainState, LogEntry, LogQuery, chain_state, list_log
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.i18n import format_datetime, gettext, translate, zone
from xrm_web.inputs import Option
from xrm_web.list_files import guarded
from xrm_web.navigation import remember_frame
from xrm_web.records.forms import read_uuid
from xrm_web.records.history_words import ICONS, action_options, action_word, type_word, via_word
from xrm_web.security import signed_in
from xrm_web.value_cells import entity_path

blueprint = Blueprint("audit", __name__)
PER_PAGE = 50
PER_PART = 1_000
ASKED = ("person", "action", "type", "since", "until", "entity")


@dataclass(frozen=True)
class LogLine:
    """One entry in words; ``href`` leads to the history of what it was done to."""

    entry: LogEntry
    icon: str
    actor: str
    via: str
    what: str
    type: str
    title: str
    href: str
    department: str


@dataclass(frozen=True)
class LogPage:
    """What the page draws."""

    lines: tuple[LogLine, ...]
    state: ChainState
    asked: Mapping[str, str]
    actions: tuple[Option, ...]
    types: tuple[Option, ...]
    next_href: str = ""
    csv_href: str = ""
    is_first: bool = True
    problems: tuple[str, ...] = ()


@blueprint.get("/admin/audit")
@signed_in
def show() -> ResponseReturnValue:
    """The log, newest first, narrowed by person, action, type and period."""
    asked = _asked()

    def load(uow: UnitOfWork) -> LogPage:
        remember_frame(uow)
        require_reader(uow)
        after, problems = read_uuid(request.args.get("after", "")), tuple[str, ...]()
        items, following = list[LogEntry](), None
        try:
            items, following = list_log(uow, replace(_query(uow, asked), after=after, limit=PER_PAGE))
        except InvalidInput as error:
            problems = tuple(translate(one.message) for one in error.problems)
        return LogPage(
            tuple(_lines(uow, items)), chain_state(uow), asked, action_options(), _types(uow),
            f"/admin/audit?{urlencode({**asked, 'after': str(following)})}" if following else "",
            f"/admin/audit.csv?{urlencode(asked)}", after is None, problems,
        )

    page = sessions.read(load)
    return render_template("admin/audit.html", page=page), 422 if page.problems else 200


@blueprint.get("/admin/audit.csv")
@signed_in
def as_csv() -> ResponseReturnValue:
    """The same entries as CSV, sent part by part."""
    asked = _asked()

    def begin(uow: UnitOfWork) -> LogQuery:
        require_reader(uow)
        return _query(uow, asked)

    query = sessions.read(begin)
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"', "X-Accel-Buffering": "no"}
    return Response(stream_with_context(_csv_parts(query)), mimetype="text/csv", headers=headers)


def require_reader(uow: UnitOfWork) -> None:
    """Stop unless the actor may read the audit log somewhere.

    Raises:
        NotFound: then; there is no such page for others.
        PermissionDenied: never, since who may not read it is told there is no page.
    """
    if not allowed(uow, RIGHT):
        raise NotFound(msg("There is no page at this address."))
    require(uow, RIGHT)


def _csv_parts(query: LogQuery) -> Iterator[str]:
    heads = (
        gettext("Number"), gettext("When"), gettext("Who"), gettext("How"), gettext("Action"), gettext("What"), gettext("Type"),
        gettext("Entry"), gettext("Department"), gettext("Id"),
    )
    yield "\N{ZERO WIDTH NO-BREAK SPACE}" + _csv([heads])
    following: UUID | None = None
    while True:
        part = replace(query, after=following, limit=PER_PART)

        def read(uow: UnitOfWork, part: LogQuery = part) -> tuple[list[LogLine], UUID | None]:
            items, after = list_log(uow, part)
            return list(_lines(uow, items)), after

        lines, following = sessions.read(read)
        yield _csv(
            (str(one.entry.number or ""), one.entry.at.isoformat(), one.actor, one.via, one.entry.action, one.what,
             one.entry.type, one.title, one.department, str(one.entry.entity or ""))
            for one in lines
        )
        if following is None:
            return


def _csv(rows: Iterable[Iterable[str]]) -> str:
    target = io.StringIO()
    csv.writer(target).writerows([guarded(text) for text in row] for row in rows)
    return target.getvalue()


def _asked() -> dict[str, str]:
    return {name: request.args.get(name, "").strip() for name in ASKED if request.args.get(name, "").strip()}


def _query(uow: UnitOfWork, asked: Mapping[str, str]) -> LogQuery:
    """The query of the address.

    Raises:
        InvalidInput: for a person or a day that is none.
    """
    who: UUID | None = None
    if "person" in asked:
        try:
            who = find_user(uow, asked["person"], only_active=False).id
        except NotFound as error:
            said = msg("There is no user with the e-mail address {email}.", email=asked["person"])
            raise InvalidInput([Problem("person", said)]) from error
    until = _day(asked.get("until", ""))
    return LogQuery(
        entity=read_uuid(asked.get("entity", "")), user=who, action=asked.get("action", ""), type=asked.get("type", ""),
        since=_day(asked.get("since", "")), until=until + timedelta(days=1) if until else None,
    )


def _day(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone()) if text else None
    except ValueError as error:
        raise InvalidInput([Problem("since", msg("This is no day. Write it like 2026-01-31."))]) from error


def _types(uow: UnitOfWork) -> tuple[Option, ...]:
    names = (*uow.registry.entity_types, *uow.registry.relationship_types, *uow.registry.interaction_kinds)
    found = {name: type_word(uow.registry, name) for name in names}
    found |= {
        "contact_point": gettext("Contact point"), "user": gettext("User"), "permission_set": gettext("Permission set"),
        "department": gettext("Department"),
    }
    return tuple(Option(name, label) for name, label in sorted(found.items(), key=lambda pair: pair[1].casefold()))


def _lines(uow: UnitOfWork, items: Iterable[LogEntry]) -> Iterator[LogLine]:
    tree = get_tree(uow).by_id
    for one in items:
        place = tree.get(one.department) if one.department else None
        path = entity_path(uow.registry, one.entity_type, one.entity) if one.entity and one.title else ""
        yield LogLine(
            one, ICONS.get(one.action.partition(".")[0], "circle-dot"), one.actor or gettext("The system"), via_word(one.via),
            action_word(one.action), type_word(uow.registry, one.type), one.title, f"{path}/history" if path else "",
            place.name if place else "",
        )


def state_words(state: ChainState) -> tuple[str, str]:
    """The tone and the sentence of what the last walk along the chain found."""
    if state.verified_at is None:
        return "neutral", gettext("Never verified. xrm audit verify does it.")
    moment = format_datetime(state.verified_at)
    if state.problems:
        return "bad", gettext("Broken, as verified %(moment)s. xrm audit verify says where.", moment=moment)
    return "good", gettext("Whole, as verified %(moment)s.", moment=moment)


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {"chain_words": state_words}
