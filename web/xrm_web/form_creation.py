# SPDX-License-Identifier: Apache-2.0
"""The form for something new: an entity, with contact points if it is a party, or a role of a party."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from xrm.access.policy import allowed
from xrm.contact_points.service import add_contact_point
from xrm.entities.drafts import title_of
from xrm.entities.links import Title
from xrm.entities.listing import Filter, ListQuery
from xrm.entities.queries import get_entity, list_entities, titles
from xrm.entities.service import create_entities
from xrm.errors import InvalidInput, NotFound, Problem, msg
from xrm.roles.service import start_role
from xrm.schema.fields.base import InvalidValue
from xrm.schema.fields.dates import read_date
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork
from xrm_web.field_rights import rights_of_new, without_untouched
from xrm_web.form_checks import CONTACTS, checked_draft
from xrm_web.form_inputs import Sent, choices_of_types, read_form
from xrm_web.form_origins import given_links, home_of, next_position
from xrm_web.form_pages import (
    FormPage,
    FormSection,
    default_values,
    department_input,
    departments_to_create_in,
    errors_by_field,
    form_fields,
    given_values,
    sections_of,
    summary_of,
    title_of_new,
    type_title,
    watched_fields,
)
from xrm_web.i18n import gettext, text_of
from xrm_web.inputs import FieldInput, Option
from xrm_web.navigation import icon_of, list_path, sentence
from xrm_web.periods import end_after
from xrm_web.role_overlaps import Wanted, check_overlap, confirmation
from xrm_web.uploads import Uploads, attach_uploads, keep_uploads
from xrm_web.value_cells import entity_path, face_of, role_chips

MOST_SIMILAR = 5


@dataclass(frozen=True)
class Saved:
    """What was created or changed, and where its page is."""

    title: str
    path: str


@dataclass(frozen=True)
class Similar:
    """Parties that have the same name already."""

    found: tuple[Title, ...]


@dataclass(frozen=True)
class Refused:
    """Why what was sent was not created: problems at its fields, or parties of the same name."""

    problems: tuple[Problem, ...] = ()
    similar: Similar = Similar(())


def create_page(
    uow: UnitOfWork, entity_type: EntityType, sent: Sent | None, args: Mapping[str, str], back: str, *,
    refused: Refused = Refused(),
) -> FormPage:
    """The form for something new of this type.

    Raises:
        PermissionDenied: when the actor may not create it anywhere.
        NotFound: when the party of a role is not visible.
    """
    departments, errors = departments_to_create_in(uow, entity_type), errors_by_field(refused.problems)
    given = given_values(uow, entity_type, args)
    values = {**default_values(uow, entity_type), **next_position(uow, entity_type, given), **given}
    party = _party(uow, entity_type, sent, args) if entity_type.kind == "role" else None
    own = [] if entity_type.kind != "role" or party else [_party_input(uow, entity_type, sent, errors)]
    chosen, home = _with_department(sent, args), home_of(uow, entity_type, values, party)
    place = department_input(uow, departments, chosen, errors.get("_department", ()), home)
    own += [place, *_own_inputs(uow, entity_type, sent, errors)]
    sections = sections_of(uow, entity_type, values, sent, errors, rights_of_new(uow, entity_type, departments))
    sections = (*sections[:1], *_contact_section(entity_type, sent, errors), *sections[1:])
    labels = {one.name: one.label for one in own} | {"_email": gettext("E-mail"), "_phone": gettext("Phone")}
    return FormPage(
        title=title_of_new(entity_type),
        action=f"{list_path(entity_type)}/new",
        save_label=gettext("Add"),
        back=back,
        icon=icon_of(entity_type),
        help=text_of(entity_type.declaration.help) if entity_type.declaration.help else "",
        sections=(FormSection(title="", inputs=tuple(own)), *sections),
        problems=summary_of(entity_type, errors, labels),
        face=face_of(uow.registry, party) if party else None,
        chip=role_chips(uow.registry, [entity_type.name])[0] if party else None,
        is_new=True,
        conditions_url=f"{list_path(entity_type)}/conditions",
        watched=watched_fields(entity_type),
        similar=tuple(face_of(uow.registry, one) for one in refused.similar.found),
        crumbs=((type_title(entity_type), list_path(entity_type)),),
        hidden={"party": str(party.id)} if party else {},
        given=given_links(entity_type, args) if sent is None else tuple(sent.get("_given", "").split()),
    )


def _with_department(sent: Sent | None, args: Mapping[str, str]) -> Any:
    if sent is not None or not args.get("department"):
        return sent
    return {"_department": args["department"]}


def _party(uow: UnitOfWork, role_type: EntityType, sent: Sent | None, args: Mapping[str, str]) -> Title | None:
    """Whose role it becomes; None while that is not chosen."""
    text = (sent.get("party") if sent is not None else None) or args.get("party", "")
    if not text:
        return None
    try:
        found = get_entity(uow, UUID(text))
    except ValueError:
        raise NotFound(msg("There is nothing with the id {id} that you may see.", id=text[:80])) from None
    if found.type not in role_type.declaration.of:
        raise NotFound(msg("{title} cannot have this role.", title=found.title))
    return Title(found.id, found.type, found.title)


def _party_input(uow: UnitOfWork, role_type: EntityType, sent: Sent | None, errors: Mapping[str, list[str]]) -> FieldInput:
    wanted = sent.get("party__search", "") if sent is not None else ""
    of = role_type.declaration.of
    return FieldInput(
        name="party", kind="link", label=gettext("Who"), choices=choices_of_types(uow, of, (), wanted), required=True,
        errors=tuple(errors.get("party", ())), search_url=f"/pick?type={','.join(of)}", wide=True,
    )


def _own_inputs(
    uow: UnitOfWork, entity_type: EntityType, sent: Sent | None, errors: Mapping[str, list[str]]
) -> list[FieldInput]:
    if entity_type.kind == "role":
        return [*period_inputs(sent, errors, since=uow.today.isoformat()), *confirmation(sent, errors)]
    if entity_type.kind != "party":
        return []
    roles = [item for item in uow.registry.roles_of(entity_type.name) if allowed(uow, f"{item.name}:create")]
    if not roles:
        return []
    options = tuple(Option(item.name, sentence(text_of(item.label.one))) for item in roles)
    return [
        FieldInput(
            name="_role", kind="select", label=gettext("First role"), value=sent.get("_role", "") if sent else "",
            choices=options, placeholder=gettext("None yet"), help=gettext("You fill in the role on the next page."),
        )
    ]


def period_inputs(
    sent: Sent | None, errors: Mapping[str, list[str]], *, since: str = "", until: str = ""
) -> list[FieldInput]:
    """First and last day of a role."""
    typed = sent if sent is not None else {"_since": since, "_until": until}
    return [
        FieldInput(
            name="_since", kind="date", label=gettext("Since"), value=typed.get("_since", ""),
            errors=tuple(errors.get("_since", ())), help=gettext("The first day; empty when nobody knows."),
        ),
        FieldInput(
            name="_until", kind="date", label=gettext("Until"), value=typed.get("_until", ""),
            errors=tuple(errors.get("_until", ())),
            help=gettext("The last day on which it holds; empty while it goes on."),
        ),
    ]


def _contact_section(entity_type: EntityType, sent: Sent | None, errors: Mapping[str, list[str]]) -> list[FormSection]:
    if entity_type.kind != "party":
        return []
    typed = sent if sent is not None else {}
    kinds = (("_email", "email", gettext("E-mail")), ("_phone", "tel", gettext("Phone")))
    section = FormSection(
        title=gettext("How to reach them"),
        inputs=tuple(
            FieldInput(name=name, kind=kind, label=label, value=typed.get(name, ""), errors=tuple(errors.get(name, ())))
            for name, kind, label in kinds
        ),
    )
    return [section]


def save_new(uow: UnitOfWork, entity_type: EntityType, sent: Sent, files: Uploads) -> Saved | Similar:
    """Create what the form describes; a party of the same name is shown first, unless the form says to go on.

    Raises:
        InvalidInput: with each problem at its input.
        PermissionDenied, NotFound, Conflict: as the services.
    """
    department = chosen_department(sent)
    typed = read_form(entity_type, sent, form_fields(entity_type, is_new=True))
    raw = without_untouched(uow, entity_type, typed, department)
    kept = keep_uploads(uow, entity_type, files)
    raw.update(kept)
    if entity_type.kind == "role":
        saved, party = _save_role(uow, entity_type, raw, department, sent)
        attach_uploads(uow, kept, party, department=department)
        return saved
    draft = checked_draft(uow, entity_type, raw, department, sent)
    title, key = title_of(entity_type, draft.values, titles(uow, ()))
    if entity_type.kind == "party" and "_anyway" not in sent:
        same = _same_name(uow, entity_type, key)
        if same:
            return Similar(same)
    created = create_entities(uow, [draft])[0]
    attach_uploads(uow, kept, created, department=None)
    if entity_type.kind == "party":
        _add_contact_points(uow, created, sent)
    shown = get_entity(uow, created).title or title
    return Saved(shown, entity_path(uow.registry, entity_type.name, created))


def _same_name(uow: UnitOfWork, entity_type: EntityType, key: str) -> tuple[Title, ...]:
    query = ListQuery(type=entity_type.name, columns=(), filters=(Filter("title", "eq", key),), limit=MOST_SIMILAR)
    return tuple(Title(item.id, item.type, item.title) for item in list_entities(uow, query).items)


def _add_contact_points(uow: UnitOfWork, party: UUID, sent: Sent) -> None:
    for name, kind in CONTACTS:
        text = sent.get(name, "").strip()
        if text:
            add_contact_point(uow, party, kind, text)


def _save_role(
    uow: UnitOfWork, role_type: EntityType, raw: Mapping[str, object], department: UUID, sent: Sent
) -> tuple[Saved, UUID]:
    party = _party(uow, role_type, sent, {})
    if party is None:
        raise InvalidInput([Problem("party", msg("Choose a person or an organization."))])
    since, until = read_period(uow, sent)
    check_overlap(uow, Wanted(party.id, role_type, department, since, until, raw), sent, path="_since")
    try:
        start_role(uow, party.id, role_type.name, raw, department=department, since=since, until=until)
    except InvalidInput as error:
        raise InvalidInput(
            [Problem("_until" if one.path == "until" else one.path, one.message) for one in error.problems]
        ) from error
    path = entity_path(uow.registry, party.type, party.id)
    return Saved(f"{party.title}, {text_of(role_type.label.one)}", path), party.id


def read_period(uow: UnitOfWork, sent: Sent) -> tuple[date | None, date | None]:
    """Begin and end that were typed, the end as core keeps it: the day after the last one.

    Raises:
        InvalidInput: when one is no date.
    """
    found: list[date | None] = []
    problems = []
    for name in ("_since", "_until"):
        try:
            found.append(read_date(sent.get(name, ""), uow.parse_context))
        except InvalidValue as error:
            problems.append(Problem(name, error.message))
    if problems:
        raise InvalidInput(problems)
    return found[0], end_after(found[1])


def chosen_department(sent: Sent) -> UUID:
    """The department chosen in the form.

    Raises:
        InvalidInput: when none was.
    """
    try:
        return UUID(sent.get("_department", ""))
    except ValueError:
        raise InvalidInput([Problem("_department", msg("Choose a department from the list."))]) from None
