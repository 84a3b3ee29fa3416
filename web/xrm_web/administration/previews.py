# SPDX-License-Identifier: Apache-2.0
"""A preview of changed rights, ready to draw: sentences and numbers in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from xrm.access.field_previewing import Fields
from xrm.access.field_rights import SEE
from xrm.access.policy import scope
from xrm.access.previewing import ENOUGH, Preview, Rows
from xrm.unit_of_work import UnitOfWork
from xrm_web.administration.words import permission_name
from xrm_web.i18n import format_count, gettext, text_of
from xrm_web.navigation import sentence

MOST_NAMED = 12  # fields of one type


@dataclass(frozen=True)
class Line:
    """What one person sees more or less of one type; ``numbers`` only for who administers people everywhere."""

    type: str
    change: str
    tone: str
    numbers: str


@dataclass(frozen=True)
class FieldLine:
    """Guarded fields of one type that somebody gains or loses, in words."""

    text: str
    tone: str


@dataclass(frozen=True)
class PersonLines:
    """One person whom the change meets."""

    id: UUID
    name: str
    is_active: bool
    lines: tuple[Line, ...]
    fields: tuple[FieldLine, ...]


@dataclass(frozen=True)
class PreviewRows:
    """The whole preview: permissions that come and go as (key, words), people, and how many more."""

    added: tuple[tuple[str, str], ...]
    removed: tuple[tuple[str, str], ...]
    people: tuple[PersonLines, ...]
    others: int


def preview_rows(uow: UnitOfWork, preview: Preview) -> PreviewRows:
    """The preview in words."""
    tells_numbers = scope(uow, "user", "administer").is_everywhere
    return PreviewRows(
        tuple((one, permission_name(uow.registry, one)) for one in preview.added),
        tuple((one, permission_name(uow.registry, one)) for one in preview.removed),
        tuple(
            PersonLines(one.user.id, one.user.name, one.user.is_active,
                        tuple(_line(rows, tells_numbers=tells_numbers) for rows in one.rows),
                        tuple(line for fields in one.fields for line in _field_lines(fields)))
            for one in preview.people
        ),
        preview.others,
    )


def _line(rows: Rows, *, tells_numbers: bool) -> Line:
    name = sentence(text_of(rows.type.label.many))
    numbers = gettext("%(before)s → %(after)s", before=_number(rows.before), after=_number(rows.after)) if tells_numbers else ""
    if rows.gained:
        change = f"+{_number(rows.gained)}" if rows.is_exact else gettext("more")
        return Line(name, change, "good", numbers)
    if rows.lost:
        change = f"\u2212{_number(rows.lost)}" if rows.is_exact else gettext("fewer")
        return Line(name, change, "bad", numbers)
    return Line(name, gettext("changes, too many to count"), "warn", numbers)


def _field_lines(found: Fields) -> Iterator[FieldLine]:
    words = (gettext("sees %(fields)s"), gettext("no longer sees %(fields)s")) if found.verb == SEE else (
        gettext("edits %(fields)s"), gettext("no longer edits %(fields)s"))
    for keys, sentence_of, tone in ((found.gained, words[0], "good"), (found.lost, words[1], "bad")):
        if keys:
            labels = [sentence(text_of(found.type.fields[key].label)) for key in keys]
            named = ", ".join(labels[:MOST_NAMED]) + (" …" if len(labels) > MOST_NAMED else "")
            yield FieldLine(gettext("%(type)s: %(change)s", type=sentence(text_of(found.type.label.many)),
                                    change=sentence_of % {"fields": named}), tone)


def _number(number: int) -> str:
    return format_count(number, ENOUGH)
