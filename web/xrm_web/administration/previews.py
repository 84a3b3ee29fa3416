# SPDX-License-Identifier: Apache-2.0
"""A preview of changed rights, ready to draw: sentences and numbers in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from xrm.access.policy import scope
from xrm.access.previewing import ENOUGH, Preview, Rows
from xrm.unit_of_work import UnitOfWork
from xrm_web.administration.words import permission_name
from xrm_web.i18n import format_count, gettext, text_of
from xrm_web.navigation import sentence


@dataclass(frozen=True)
class Line:
    """What one person sees more or less of one type; ``numbers`` only for who administers people everywhere."""

    type: str
    change: str
    tone: str
    numbers: str


@dataclass(frozen=True)
class PersonLines:
    """One person whom the change meets."""

    id: UUID
    name: str
    is_active: bool
    lines: tuple[Line, ...]


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
                        tuple(_line(rows, tells_numbers=tells_numbers) for rows in one.rows))
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


def _number(number: int) -> str:
    return format_count(number, ENOUGH)
