# SPDX-License-Identifier: Apache-2.0
"""The form at the top of a timeline: what was between us and this party, written down in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from werkzeug.datastructures import MultiDict

from xrm.access.rights import departments_with_rights
from xrm.errors import InvalidInput, Problem, msg
from xrm.interactions.queries import kinds_in
from xrm.unit_of_work import UnitOfWork
from xrm_web.i18n import gettext, text_of, zone
from xrm_web.inputs import FieldInput, Option
from xrm_web.records.forms import department_input

FIRST_KINDS = ("note", "call", "meeting", "visit", "message")


@dataclass(frozen=True, kw_only=True)
class Compose:
    """The form, empty or with what was typed."""

    kinds: tuple[Option, ...]
    more_kinds: tuple[Option, ...]
    kind: str
    other_kind: str = ""
    body: str = ""
    inputs: tuple[FieldInput, ...] = ()
    problems: Sequence[tuple[str, str]] = ()
    is_open: bool = False


def compose_of(
    uow: UnitOfWork, sent: MultiDict[str, str] | None = None, errors: Mapping[str, Sequence[str]] | None = None, *,
    home: UUID | None = None,
) -> Compose:
    """The form, in the reader's department or else in that of the entity (``home``); with what was sent when it comes back."""
    places = departments_with_rights(uow)
    by_hand = [one for one in kinds_in(uow, places).values() if one.by_hand]
    options = {one.name: Option(one.name, text_of(one.label)) for one in by_hand}
    first = tuple(options[name] for name in FIRST_KINDS if name in options) or tuple(options.values())[:5]
    given = sent if sent is not None else MultiDict()
    wrong = errors or {}
    inputs = _inputs(uow, given, wrong, home)
    lines = [(f"f-{name}", text) for name, texts in wrong.items() for text in texts]
    return Compose(
        kinds=first,
        more_kinds=tuple(one for one in options.values() if one not in first),
        kind=given.get("kind", "") or (first[0].value if first else ""),
        other_kind=given.get("other_kind", ""),
        body=given.get("body", ""),
        inputs=inputs,
        problems=lines,
        is_open=any(name in {item.name for item in inputs} for name in wrong),
    )


def read_moment(text: str) -> datetime | None:
    """The moment typed in the reader's zone; None when left empty.

    Raises:
        InvalidInput: when it is no moment.
    """
    if not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidInput([Problem("at", msg("This is no moment. Write it like 2026-01-31 14:30."))]) from error
    return (found.replace(tzinfo=zone()) if found.tzinfo is None else found).astimezone(UTC)


def read_minutes(text: str) -> int | None:
    """The minutes typed; None when left empty.

    Raises:
        InvalidInput: when it is no whole number.
    """
    if not text.strip():
        return None
    if not text.strip().isdecimal() or len(text.strip()) > 6:
        raise InvalidInput([Problem("duration", msg("Write the minutes as a whole number."))])
    return int(text)


def _inputs(
    uow: UnitOfWork, sent: MultiDict[str, str], wrong: Mapping[str, Sequence[str]], home: UUID | None
) -> tuple[FieldInput, ...]:
    def errors(name: str) -> tuple[str, ...]:
        return tuple(wrong.get(name, ()))

    def text(name: str, label: str, **more: Any) -> FieldInput:
        return FieldInput(**{"kind": "text", **more}, name=name, label=label, value=sent.get(name, ""), errors=errors(name))

    directions = (Option("out", gettext("From us")), Option("in", gettext("To us")))
    return (
        text("subject", gettext("Subject"), length=500),
        text("at", gettext("When"), kind="datetime", help=gettext("Now, if left empty.")),
        text("direction", gettext("Direction"), kind="select", choices=directions),
        text("outcome", gettext("Outcome"), length=500),
        text("duration", gettext("Duration"), kind="number", unit=gettext("min")),
        department_input(uow, "interaction:create", value=sent.get("department", ""), errors=errors("department"), home=home),
    )
