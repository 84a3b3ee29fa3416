# SPDX-License-Identifier: Apache-2.0
"""The whole page of a party or record, read in few statements whatever the rows: all parts, ready to draw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from xrm.access.policy import allowed, is_shared
from xrm.contact_points.queries import list_contact_points
from xrm.departments.queries import get_tree
from xrm.entities.backlinks import list_backlinks
from xrm.entities.links import Title
from xrm.entities.queries import Entity, get_entity, subtitle
from xrm.errors import NotFound, msg
from xrm.identifiers.queries import Identifier, list_identifiers
from xrm.interactions.queries import timeline
from xrm.relationships.groups import list_groups
from xrm.roles.queries import Role, list_roles_of
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork
from xrm_web.i18n import language, text_of
from xrm_web.inputs import Action, Face, RoleChip
from xrm_web.navigation import icon_of, list_path, remember_frame, sentence
from xrm_web.plugin_boxes import DrawnBox
from xrm_web.records.actions import head_actions
from xrm_web.records.compose import Compose, compose_of
from xrm_web.records.contacts import ContactLine, contact_lines
from xrm_web.records.facets import Facet, addable_roles, chips_of, facets_of
from xrm_web.records.fields import FieldSection, Pair, highlights_of, sections_of
from xrm_web.records.linked import LinkedList, linked_lists
from xrm_web.records.links import LinkGroup, link_groups
from xrm_web.records.plugins import draw_panels
from xrm_web.records.shares import ShareLine, share_lines
from xrm_web.records.stages import StagePath, stage_path
from xrm_web.records.timeline import Timeline, timeline_of
from xrm_web.value_cells import Titles, face_of, titles_of

EACH = 6
TIMELINE_PAGE = 20


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the address asks for besides the entity: relationships as of a day or of all times, a part of the timeline."""

    as_of: date | None = None
    with_ended: bool = False
    before: tuple[datetime, UUID] | None = None
    kind: str = ""


@dataclass(frozen=True, kw_only=True)
class RecordPage:
    """Everything that the template draws."""

    entity: Entity
    type: EntityType
    path: str
    list_href: str
    type_label: str
    type_label_many: str
    type_gender: str
    is_party: bool
    face: Face
    chips: tuple[RoleChip, ...]
    quick: tuple[ContactLine, ...]
    highlights: tuple[Pair, ...]
    sections: tuple[FieldSection, ...]
    stages: StagePath | None
    main_action: Action | None
    actions: tuple[Action, ...]
    facets: tuple[Facet, ...]
    may_add_role: bool
    contacts: tuple[ContactLine, ...]
    may_add_contact: bool
    links: tuple[LinkGroup, ...]
    may_link: bool
    linked: tuple[LinkedList, ...]
    timeline: Timeline
    may_record: bool
    compose: Compose
    panels: tuple[DrawnBox, ...]
    identifiers: tuple[Identifier, ...]
    department: str
    owner: str
    shares: tuple[ShareLine, ...]
    wish: Wish


def type_of(uow: UnitOfWork, plugin: str, name: str) -> EntityType:
    """The entity type at this address.

    Raises:
        NotFound: when the plugin has none of this name, or it is a role, whose page is that of its party.
    """
    found = uow.registry.entity_types.get(name)
    if found is None or found.plugin != plugin or found.kind == "role":
        raise NotFound(msg("There is no page at this address."))
    return found


def read_page(
    uow: UnitOfWork, entity_type: EntityType, entity_id: UUID, wish: Wish, compose: Compose | None = None
) -> RecordPage:
    """The page of one entity; ``compose`` is the form of the timeline when it comes back with what is wrong.

    Raises:
        NotFound: when there is none of this type, or the actor may not see it.
    """
    remember_frame(uow)
    entity = get_entity(uow, entity_id, entity_type.name)
    path = f"{list_path(entity_type)}/{entity_id}"
    roles = list_roles_of(uow, entity_id) if entity_type.kind == "party" else []
    titles = titles_of(uow, [(entity_type, entity.fields), *((uow.registry.get(role.type), role.fields) for role in roles)])
    facets = facets_of(uow, roles, titles, path)
    contacts = contact_lines(uow, list_contact_points(uow, entity_id), path)
    departments = {entity.department, *(role.department for role in roles)}
    groups = list_groups(uow, entity_id, as_of=wish.as_of, all_periods=wish.with_ended, each=EACH)
    may_update = _may_update(uow, entity, departments)
    stages = stage_path(entity_type, entity.fields, may_move=may_update)
    main_action, actions = head_actions(uow, entity, departments, path, stages, may_update=may_update)
    page = timeline(uow, entity_id, before=wish.before, limit=TIMELINE_PAGE, kind=wish.kind)
    return RecordPage(
        path=path,
        **_names(entity_type),
        chips=chips_of(facets),
        **_values(uow, entity_type, entity, titles),
        stages=stages,
        main_action=main_action,
        actions=actions,
        facets=tuple(facets),
        **_contacts(contacts),
        links=tuple(link_groups(uow, groups, path)),
        linked=tuple(linked_lists(uow, list_backlinks(uow, entity_id, entity.type), entity_id)),
        timeline=timeline_of(uow, page, entity_id, path, wish.kind),
        compose=compose or compose_of(uow, home=entity.department),
        panels=tuple(draw_panels(uow, entity, departments)),
        identifiers=tuple(list_identifiers(uow, entity_id)),
        wish=wish,
        **_rights(uow, entity_type, entity, departments),
    )


def _may_update(uow: UnitOfWork, entity: Entity, departments: set[UUID]) -> bool:
    by_grant = any(allowed(uow, f"{entity.type}:update", one, owner=entity.owner) for one in departments)
    return by_grant or is_shared(uow, entity.type, entity.id, "update")


def _names(entity_type: EntityType) -> dict[str, Any]:
    return {
        "type": entity_type,
        "list_href": list_path(entity_type),
        "type_label": sentence(text_of(entity_type.label.one)),
        "type_label_many": sentence(text_of(entity_type.label.many)),
        "type_gender": entity_type.label.gender.get(language(), "m"),
        "is_party": entity_type.kind == "party",
    }


def _values(uow: UnitOfWork, entity_type: EntityType, entity: Entity, titles: Titles) -> dict[str, Any]:
    return {
        "entity": entity,
        "face": _face(uow, entity_type, entity),
        "highlights": highlights_of(uow, entity_type, entity.fields, titles, but=_stage_field(entity_type)),
        "sections": sections_of(uow, entity_type, entity_type.declaration.page, entity.fields, titles),
        "department": get_tree(uow).by_id[entity.department].name,
        "owner": entity.owner_name,
    }


def _contacts(contacts: list[ContactLine]) -> dict[str, Any]:
    return {"contacts": tuple(contacts), "quick": _quick(contacts)}


def _rights(uow: UnitOfWork, entity_type: EntityType, entity: Entity, departments: set[UUID]) -> dict[str, Any]:
    return {
        "may_add_role": entity_type.kind == "party" and bool(addable_roles(uow, entity.type)),
        "may_add_contact": any(allowed(uow, "contact_point:create", one, owner=entity.owner) for one in departments),
        "may_link": any(allowed(uow, f"{name}:link") for name in uow.registry.relationship_types),
        "may_record": allowed(uow, "interaction:create"),
        "shares": share_lines(uow, entity, departments, f"{list_path(entity_type)}/{entity.id}"),
    }


def departments_of_page(uow: UnitOfWork, entity: Entity) -> set[UUID]:
    """The departments an entity belongs to, as far as the actor sees them: its home and those of its roles."""
    found = {entity.department}
    if uow.registry.get(entity.type).kind == "party":
        roles: list[Role] = list_roles_of(uow, entity.id)
        found.update(role.department for role in roles)
    return found


def _face(uow: UnitOfWork, entity_type: EntityType, entity: Entity) -> Face:
    line = subtitle(entity_type, entity.fields, language())
    face = face_of(uow.registry, Title(entity.id, entity.type, entity.title), subtitle=line)
    below = line or sentence(text_of(entity_type.label.one))
    return Face(face.id, face.title, "", face.round, below, face.icon or _icon(entity_type))


def _stage_field(entity_type: EntityType) -> tuple[str, ...]:
    stages = entity_type.declaration.stages
    return (stages.field,) if stages else ()


def _icon(entity_type: EntityType) -> str:
    return "" if entity_type.kind == "party" else icon_of(entity_type)


def _quick(contacts: list[ContactLine]) -> tuple[ContactLine, ...]:
    """The first e-mail address, telephone and web address: what people look for first."""
    wanted = (("email",), ("mobile", "phone"), ("url",))
    found = (next((one for one in contacts if one.kind in kinds and not one.warning), None) for kinds in wanted)
    return tuple(one for one in found if one is not None)
