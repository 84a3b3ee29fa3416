# SPDX-License-Identifier: Apache-2.0
"""The contact points of an entity: each with the link that calls, writes or opens it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from xrm.access.policy import allowed
from xrm.contact_points.kinds import KINDS
from xrm.contact_points.queries import ContactPoint
from xrm.departments.queries import get_tree
from xrm.schema.fields.contact import PhoneType
from xrm.schema.model import Field, Label
from xrm.unit_of_work import UnitOfWork
from xrm_web.i18n import gettext, language
from xrm_web.inputs import Action, Option

ICONS = {"email": "mail", "phone": "phone", "mobile": "smartphone", "fax": "printer", "url": "globe", "postal": "map-pin"}
NETWORKS = ("linkedin", "mastodon", "bluesky", "x", "instagram", "facebook", "whatsapp", "signal")
_PHONE = Field(key="value", type="phone", label=Label({"en": "Phone"}))


@dataclass(frozen=True)
class ContactLine:
    """One contact point as a line of the card."""

    id: UUID
    kind: str
    kind_label: str
    icon: str
    text: str
    href: str
    notes: tuple[str, ...]
    preferred: bool
    warning: str
    actions: tuple[Action, ...]


def kind_options() -> tuple[Option, ...]:
    """The kinds of contact point that a form offers."""
    kinds = (*KINDS, *(f"handle:{name}" for name in NETWORKS))
    return tuple(Option(kind, kind_label(kind)) for kind in kinds)


def kind_label(kind: str) -> str:
    """The name of a kind; of a network the name people know it by."""
    names = {
        "email": gettext("E-mail"), "phone": gettext("Phone"), "mobile": gettext("Mobile phone"), "fax": gettext("Fax"),
        "url": gettext("Web address"), "postal": gettext("Postal address"), "handle:linkedin": "LinkedIn",
        "handle:whatsapp": "WhatsApp",
    }  # fmt: skip
    return names.get(kind) or kind.removeprefix("handle:").replace("_", " ").capitalize()


def contact_lines(uow: UnitOfWork, points: Sequence[ContactPoint], path: str) -> list[ContactLine]:
    """All contact points as lines."""
    return [_line(uow, point, path) for point in points]


def _line(uow: UnitOfWork, point: ContactPoint, path: str) -> ContactLine:
    text, href = _text_and_link(point)
    place = get_tree(uow).by_id.get(point.department) if point.department else None
    warning = ""
    if point.bounced_at:
        warning = gettext("Messages to this address come back")
    elif point.objected_at:
        warning = gettext("Does not want messages here")
    return ContactLine(
        id=point.id,
        kind=point.kind,
        kind_label=kind_label(point.kind),
        icon=ICONS.get(point.kind, "at-sign"),
        text=text,
        href=href,
        notes=tuple(note for note in (point.label, place.name if place else "") if note),
        preferred=point.preferred,
        warning=warning,
        actions=_actions(uow, point, path),
    )


def _text_and_link(point: ContactPoint) -> tuple[str, str]:
    match point.kind:
        case "email":
            return point.value, f"mailto:{point.value}"
        case "phone" | "mobile" | "fax":
            return PhoneType().format_one(_PHONE, point.value, language()), f"tel:{point.normalized}"
        case "url":
            shown = point.value.removeprefix("https://").removeprefix("http://").removesuffix("/")
            return shown, point.value if point.value.startswith(("https://", "http://")) else ""
        case _:
            return point.value, ""


def _actions(uow: UnitOfWork, point: ContactPoint, path: str) -> tuple[Action, ...]:
    if not allowed(uow, "contact_point:update", point.department):
        return ()
    here = f"{path}/contact-points/{point.id}"
    found = [Action(label=gettext("Edit"), href=f"{here}/edit", icon="pencil")]
    if not point.preferred:
        found.append(Action(label=gettext("Make it the preferred one"), href=f"{here}/prefer", icon="star", post=True))
    found.append(Action(label=gettext("No longer valid"), href=f"{here}/end", icon="calendar-clock", post=True))
    return tuple(found)
