# SPDX-License-Identifier: Apache-2.0
"""What stands around every page: the menu from the registry and the plugins, the departments, the look the reader chose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask, current_app, g, request, url_for

from xrm.access.policy import allowed, scope
from xrm.access.rights import departments_with_rights
from xrm.departments.queries import Department, get_tree
from xrm.overlay.additions import OWNER as OVERLAY
from xrm.plugin_host.blocks import Link
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.administration.sections import open_sections
from xrm_web.i18n import NAMES, gettext, language, text_of, translate
from xrm_web.inputs import Action, Face, hue_of

DEPARTMENT_COOKIE = "xrm_department"
RAIL_COOKIE = "xrm_rail"
Here = tuple[UUID, ...] | None
KIND_ICONS = {"person": "user", "organization": "building-2"}


@dataclass(frozen=True)
class MenuLink:
    """An entry of the rail."""

    label: str
    href: str
    icon: str
    is_current: bool = False


@dataclass(frozen=True)
class MenuGroup:
    """Entries under one title (empty for the first group)."""

    title: str
    links: tuple[MenuLink, ...]


@dataclass(frozen=True)
class Frame:
    """All that the base template draws around a page."""

    groups: tuple[MenuGroup, ...] = ()
    departments: tuple[Department, ...] = ()
    department: Department | None = None
    here: tuple[UUID, ...] | None = None  # the chosen department with those below it
    creatable: tuple[Action, ...] = ()
    is_administrator: bool = False
    administers: bool = False  # whether any page of the administration is theirs


def list_path(entity_type: EntityType) -> str:
    """The address of the list of an entity type: ``/<plugin>/<entity>``."""
    return f"/{entity_type.plugin}/{entity_type.name}"


def icon_of(entity_type: EntityType) -> str:
    """The icon of an entity type."""
    return entity_type.declaration.icon or KIND_ICONS.get(entity_type.name, "box")


def frame() -> Frame:
    """The frame for who asks, made once per request; empty without a session or when the database does not answer."""
    if "frame" not in g:
        g.frame = sessions.read(_frame) if g.get("visitor") and g.visitor.actor else Frame()
    found: Frame = g.frame
    return found


def remember_frame(uow: UnitOfWork) -> None:
    """Make the frame of this request in a unit of work that reads rights and departments anyway: two statements less."""
    if "frame" not in g:
        g.frame = _frame(uow)


def current_department() -> Department | None:
    """The department the reader works in; None means all."""
    return frame().department


def _frame(uow: UnitOfWork) -> Frame:
    departments = _departments(uow)
    wanted = request.cookies.get(DEPARTMENT_COOKIE, "")
    department = next((item for item in departments if str(item.id) == wanted), None)
    here = None if department is None else tuple(sorted(get_tree(uow).below(department.id)))
    return Frame(
        groups=_groups(uow, here),
        departments=departments,
        department=department,
        here=here,
        creatable=_creatable(uow, here),
        is_administrator=allowed(uow, "instance:administer"),
        administers=bool(open_sections(uow)),
    )


def _departments(uow: UnitOfWork) -> tuple[Department, ...]:
    tree, mine = get_tree(uow).by_id, departments_with_rights(uow)
    return tuple(tree.values()) if mine is None else tuple(tree[one] for one in mine)


def _is_open(uow: UnitOfWork, entity_type: EntityType, verb: str, here: Here) -> bool:
    """Whether the reader may do this with the type, and it is there in the department they work in."""
    where = scope(uow, entity_type.name, verb)
    return not where.is_empty and (here is None or any(where.covers(one, is_own=True) for one in here))


def _groups(uow: UnitOfWork, here: Here) -> tuple[MenuGroup, ...]:
    readable = [item for item in uow.registry.entity_types.values() if _is_open(uow, item, "read", here)]
    groups = [MenuGroup("", (_link(gettext("Home"), "/", "house", exact=True),))]
    for title, kind in ((gettext("People and organizations"), "party"), (gettext("Roles"), "role")):
        groups.append(MenuGroup(title, tuple(_type_link(item) for item in readable if item.kind == kind)))
    for plugin in dict.fromkeys(item.plugin for item in readable if item.kind == "record"):
        links = tuple(_type_link(item) for item in readable if item.kind == "record" and item.plugin == plugin)
        groups.append(MenuGroup(_plugin_title(uow, plugin), links + _plugin_links(uow, plugin, here)))
    with_records = {item.plugin for item in readable if item.kind == "record"}
    others = tuple(link for plugin, link in _all_plugin_links(uow, here) if plugin not in with_records)
    groups.append(MenuGroup(gettext("More"), others))
    return tuple(group for group in groups if group.links)


def _plugin_title(uow: UnitOfWork, plugin: str) -> str:
    if plugin == OVERLAY:
        return gettext("Your own types")
    manifest = uow.host.get(plugin).manifest
    return text_of(manifest.label) if manifest else plugin


def _all_plugin_links(uow: UnitOfWork, here: Here) -> list[tuple[str, MenuLink]]:
    if "plugin_links" not in uow.cache:
        answers = uow.host.ask("menu_items", department=here, uow=uow)
        uow.cache["plugin_links"] = [
            (answer.plugin, _link(plain_text(answer.value.link.label), href_of(uow, answer.value.link), answer.value.link.icon))
            for answer in answers.items
        ]
    links: list[tuple[str, MenuLink]] = uow.cache["plugin_links"]
    return links


def _plugin_links(uow: UnitOfWork, plugin: str, here: Here) -> tuple[MenuLink, ...]:
    return tuple(link for owner, link in _all_plugin_links(uow, here) if owner == plugin)


def _creatable(uow: UnitOfWork, here: Here) -> tuple[Action, ...]:
    return tuple(
        Action(label=sentence(text_of(item.label.one)), href=list_path(item) + "/new", icon=icon_of(item))
        for item in uow.registry.entity_types.values()
        if item.kind != "role" and _is_open(uow, item, "create", here)
    )


def _type_link(entity_type: EntityType) -> MenuLink:
    return _link(sentence(text_of(entity_type.label.many)), list_path(entity_type), icon_of(entity_type))


def sentence(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def _link(label: str, href: str, icon: str, *, exact: bool = False) -> MenuLink:
    path = request.path
    is_current = path == href or (not exact and path.startswith(href.partition("?")[0] + "/"))
    return MenuLink(label, href, icon, is_current)


def plain_text(text: Any) -> str:
    """A text of a plugin (label, message or plain) in the reader's language."""
    return text_of(text) if hasattr(text, "texts") else translate(text)


def href_of(uow: UnitOfWork, link: Link) -> str:
    """The address a plugin's link leads to."""
    if link.entity:
        return url_for("go.entity", entity_id=link.entity) if has_endpoint("go.entity") else f"/go/{link.entity}"
    if link.list_of:
        path = list_path(uow.registry.get(link.list_of))
        return f"{path}?view={link.view}" if link.view else path
    return link.url


def has_endpoint(name: str) -> bool:
    """Whether the app has this view."""
    return name in current_app.view_functions


def language_actions() -> list[Action]:
    """The entries of the language switch: they come back to the same page."""
    here = request.full_path.rstrip("?") if request.method == "GET" else request.path
    target = url_for("me.switch_language")
    return [
        Action(label=name, href=target, post=True, current=code == language(), fields={"code": code, "next": here})
        for code, name in NAMES.items()
    ]


def visitor_face() -> Face:
    """The reader's own avatar."""
    visitor = g.visitor
    identity = str(visitor.actor.user_id) if visitor.actor else ""
    return Face(identity, visitor.name or visitor.email or "?", round=True)


def init_navigation(app: Flask) -> None:
    """Give every template the frame and the reader's look."""
    helpers: dict[str, Callable[..., Any]] = {
        "frame": frame,
        "plain_text": plain_text,
        "hue_of": hue_of,
        "language_actions": language_actions,
        "visitor_face": visitor_face,
        "has_endpoint": has_endpoint,
    }
    app.jinja_env.globals.update(helpers)
    app.jinja_env.filters["sentence"] = sentence

    @app.context_processor
    def _look() -> dict[str, Any]:
        visitor = g.get("visitor") or sessions.Visitor()
        return {
            "visitor": visitor,
            "theme": visitor.theme if visitor.theme in ("light", "dark") else "auto",
            "density": visitor.density,
            "rail": "narrow" if request.cookies.get(RAIL_COOKIE) == "narrow" else "wide",
            "lang": language(),
        }
