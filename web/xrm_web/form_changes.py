# SPDX-License-Identifier: Apache-2.0
"""The form that changes an entity or a role, and what it shows when somebody else changed the same in the meantime."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from werkzeug.datastructures import MultiDict

from xrm.access.field_rights import RowPlace
from xrm.access.policy import is_shared, require_any
from xrm.departments.queries import get_tree
from xrm.entities.links import Title
from xrm.entities.parties import departments_of
from xrm.entities.queries import get_entity
from xrm.entities.rows import find_row
from xrm.entities.service import update_entity
from xrm.errors import InvalidInput, NotFound, Problem, msg
from xrm.roles.queries import get_role
from xrm.roles.service import KEEP, update_role
from xrm.schema.fields.base import InvalidValue
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork
from xrm_web.field_rights import FormRights, rights_of_change
from xrm_web.form_creation import Saved, period_inputs, read_period
from xrm_web.form_inputs import Sent, read_form, was_sent
from xrm_web.form_pages import (
    Difference,
    FormPage,
    FormSection,
    errors_by_field,
    form_fields,
    given_values,
    sections_of,
    summary_of,
    type_title,
    watched_fields,
)
from xrm_web.i18n import gettext, text_of
from xrm_web.inputs import FieldInput
from xrm_web.navigation import icon_of, list_path
from xrm_web.periods import last_day
from xrm_web.uploads import Uploads, attach_uploads, keep_uploads
from xrm_web.value_cells import cell_of_field, entity_path, face_of, role_chips, titles_of


@dataclass(frozen=True)
class Changing:
    """What is being changed: an entity, or a role of ``about``."""

    type: EntityType
    id: UUID
    about: Title
    version: int
    department: UUID
    values: Mapping[str, Any]
    rights: FormRights
    since: str = ""
    until: str = ""

    @staticmethod
    def find(uow: UnitOfWork, entity_type: EntityType, entity_id: UUID) -> Changing:
        """The entity or role of this id.

        Raises:
            NotFound: when the actor may not see it, or it is of another type.
            PermissionDenied: without the right to change it.
        """
        if entity_type.kind == "role":
            return _find_role(uow, entity_type, entity_id)
        found = get_entity(uow, entity_id)
        if found.type != entity_type.name:
            raise NotFound(msg("There is nothing with the id {id} that you may see.", id=entity_id))
        row = find_row(uow, entity_id)
        if not is_shared(uow, found.type, entity_id, "update"):
            require_any(uow, f"{found.type}:update", departments_of(uow, row), owner=found.owner)
        about = Title(found.id, found.type, found.title)
        place = RowPlace(found.id, found.department, found.owner)
        rights = rights_of_change(uow, entity_type, place, found.fields)
        return Changing(entity_type, entity_id, about, found.version, found.department, found.fields, rights)

    @property
    def path(self) -> str:
        """The address of its own form."""
        return f"{list_path(self.type)}/{self.id}/edit"


def _find_role(uow: UnitOfWork, entity_type: EntityType, role_id: UUID) -> Changing:
    found = get_role(uow, role_id)
    if found is None or found.type != entity_type.name:
        raise NotFound(msg("There is no role with the id {id} that you may see.", id=role_id))
    require_any(uow, f"{found.type}:update", [found.department], owner=found.owner)
    about = Title(found.party, get_entity(uow, found.party).type, found.party_title)
    since, until = (day.isoformat() if day else "" for day in (found.since, last_day(found.until)))
    rights = rights_of_change(uow, entity_type, RowPlace(found.id, found.department, found.owner), found.fields)
    return Changing(entity_type, role_id, about, found.version, found.department, found.fields, rights, since, until)


def edit_page(
    uow: UnitOfWork, changing: Changing, sent: Sent | None, args: Mapping[str, str], back: str, *,
    problems: Iterable[Problem] = (),
) -> FormPage:
    """The form with the stored values, or with what was typed over them."""
    entity_type, errors = changing.type, errors_by_field(problems)
    given = given_values(uow, entity_type, args)
    values = {**changing.values, **{key: value for key, value in given.items() if key not in changing.rights.locked}}
    version, seen = changing.version, seen_of(entity_type, changing.values)
    if sent is not None:
        # What the form was opened with decides about conflicts, however often it is shown again.
        version, seen = _number(sent.get("_version"), version), sent.get("_seen", seen)
    own = [_department(uow, changing)]
    if entity_type.kind == "role":
        own += period_inputs(sent, errors, since=changing.since, until=changing.until)
    sections = sections_of(uow, entity_type, values, sent, errors, changing.rights)
    labels = {one.name: one.label for one in own}
    return FormPage(
        title=gettext("Change %(title)s", title=changing.about.title),
        action=changing.path,
        save_label=gettext("Save"),
        back=back or entity_path(uow.registry, changing.about.type, changing.about.id),
        icon=icon_of(entity_type),
        sections=(*sections, FormSection(title=gettext("Place and time") if len(own) > 1 else "", inputs=tuple(own))),
        problems=summary_of(entity_type, errors, labels),
        face=face_of(uow.registry, changing.about),
        chip=role_chips(uow.registry, [entity_type.name])[0] if entity_type.kind == "role" else None,
        version=version,
        seen=seen,
        conditions_url=f"{list_path(entity_type)}/conditions",
        watched=watched_fields(entity_type),
        crumbs=(
            (type_title(entity_type), list_path(entity_type)),
            (changing.about.title, entity_path(uow.registry, changing.about.type, changing.about.id)),
        ),
    )


def _department(uow: UnitOfWork, changing: Changing) -> FieldInput:
    found = get_tree(uow).by_id.get(changing.department)
    return FieldInput(
        name="_department", kind="text", label=gettext("Department"), value=found.name if found else "", read_only=True,
    )


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 12 else otherwise


def seen_of(entity_type: EntityType, values: Mapping[str, Any]) -> str:
    """A short mark of each value as the form shows it, so that later it can be told who changed which field."""
    keys = [key for key in form_fields(entity_type, is_new=False) if key in values]
    return json.dumps({key: _mark(entity_type, key, values[key]) for key in keys})


def _mark(entity_type: EntityType, key: str, value: Any) -> str:
    text = entity_type.field_type(key).to_text(entity_type.fields[key], value)
    return hashlib.sha256(text.encode()).hexdigest()[:10] if text else ""


def save_change(uow: UnitOfWork, entity_type: EntityType, entity_id: UUID, sent: Sent, files: Uploads) -> Saved:
    """Save what the form says.

    Raises:
        InvalidInput: with each problem at its input.
        Conflict: when somebody changed it since the form was opened.
        NotFound, PermissionDenied: as the services.
    """
    changing = Changing.find(uow, entity_type, entity_id)
    theirs = set(sent.getlist("_theirs"))
    keys = [key for key in form_fields(entity_type, is_new=False) if key not in theirs]
    raw = read_form(entity_type, sent, keys)
    kept = keep_uploads(uow, entity_type, files)
    raw.update(kept)
    version = _number(sent.get("_version"), changing.version)
    path = entity_path(uow.registry, changing.about.type, changing.about.id)
    if entity_type.kind == "role":
        _save_role(uow, changing, raw, version, sent)
        attach_uploads(uow, kept, changing.about.id, department=changing.department)
        return Saved(changing.about.title, path)
    update_entity(uow, entity_id, raw, version=version)
    attach_uploads(uow, kept, entity_id, department=None)
    return Saved(get_entity(uow, entity_id).title, path)


def _save_role(uow: UnitOfWork, changing: Changing, raw: Mapping[str, object], version: int, sent: Sent) -> None:
    since, until = read_period(uow, sent) if "_since" in sent else (KEEP, KEEP)
    try:
        update_role(uow, changing.id, raw, version=version, since=since, until=until)
    except InvalidInput as error:
        raise InvalidInput(
            [Problem("_until" if one.path == "until" else one.path, one.message) for one in error.problems]
        ) from error


def conflict_page(uow: UnitOfWork, changing: Changing, sent: Sent, back: str) -> FormPage:
    """The form again, with what others changed taken over, what was typed here kept, and both shown where they meet."""
    differences = _differences(uow, changing, sent)
    merged = MultiDict(sent)
    for one in differences:
        if not one.is_contested:
            for name in [name for name in merged if name == one.key or name.startswith(f"{one.key}__")]:
                merged.poplist(name)
    page = edit_page(uow, changing, merged, {}, back)
    return replace(
        page, version=changing.version, seen=seen_of(changing.type, changing.values), differences=tuple(differences)
    )


def _differences(uow: UnitOfWork, changing: Changing, sent: Sent) -> list[Difference]:
    entity_type = changing.type
    seen = _read_seen(sent)
    typed: dict[str, Any] = {}
    known = [key for key in form_fields(entity_type, is_new=False) if key not in changing.rights.hidden]
    for key, raw in read_form(entity_type, sent, known).items():
        try:
            typed[key] = entity_type.field_type(key).parse(entity_type.fields[key], raw, uow.parse_context)
        except InvalidValue:
            typed[key] = changing.values.get(key)
    titles = titles_of(uow, [(entity_type, typed), (entity_type, changing.values)])
    found = []
    for key, mine in typed.items():
        theirs = changing.values.get(key)
        if not was_sent(key, sent) or _mark(entity_type, key, theirs) in (seen.get(key), _mark(entity_type, key, mine)):
            continue
        cells = [cell_of_field(uow.registry, entity_type, key, value, titles) for value in (theirs, mine)]
        contested = _mark(entity_type, key, mine) != seen.get(key)
        label = text_of(entity_type.fields[key].label)
        found.append(Difference(key=key, label=label, theirs=cells[0], mine=cells[1], is_contested=contested))
    return found


def _read_seen(sent: Sent) -> Mapping[str, str]:
    try:
        found = json.loads(sent.get("_seen", "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
