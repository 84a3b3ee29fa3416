# SPDX-License-Identifier: Apache-2.0
"""What plugins add to the page of an entity: panels, made after the page where they ask for it, and actions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from flask import url_for

from xrm.entities.queries import Entity
from xrm.errors import NotFound, msg
from xrm.plugin_host.answers import Answer
from xrm.plugin_host.contributions import Action as PluginAction
from xrm.unit_of_work import UnitOfWork
from xrm_web.inputs import Action
from xrm_web.navigation import href_of, plain_text
from xrm_web.plugin_boxes import DrawnBox, draw_box, failed_boxes

Departments = Collection[UUID]


@dataclass(frozen=True)
class Offered:
    """An action of a plugin with the plugin's name."""

    plugin: str
    action: PluginAction


def draw_panels(uow: UnitOfWork, entity: Entity, departments: Departments) -> list[DrawnBox]:
    """The panels of all plugins that are on where this entity belongs; lazy ones with the address that gives them."""
    answers = uow.host.ask("panels", department=departments, uow=uow, entity=entity)
    boxes = [_box(uow, item, entity.id) for item in answers.items]
    return boxes + failed_boxes(uow, answers.failures)


def _box(uow: UnitOfWork, item: Answer, entity_id: UUID) -> DrawnBox:
    return draw_box(uow, item.plugin, item.value, src=panel_address(item.plugin, item.value.key, entity_id))


def panel_address(plugin: str, key: str, entity_id: UUID) -> str:
    """Where a panel is made by itself."""
    return url_for("panels.show", plugin=plugin, key=key, entity_id=entity_id)


def draw_panel(uow: UnitOfWork, entity: Entity, departments: Departments, plugin: str, key: str) -> DrawnBox:
    """One panel of one plugin with its content, or what stands in its place while the plugin fails.

    Raises:
        NotFound: when the plugin does not offer it here.
    """
    answers = uow.host.ask("panels", department=departments, uow=uow, entity=entity)
    for item in answers.items:
        if item.plugin == plugin and item.value.key == key:
            return draw_box(uow, plugin, item.value, about=entity.id)
    for failure in answers.failures:
        if failure.plugin == plugin:
            return failed_boxes(uow, [failure])[0]
    raise NotFound(msg("This panel is not there any more."))


def offered_actions(uow: UnitOfWork, entity: Entity, departments: Departments) -> list[Offered]:
    """The actions that plugins offer for this entity."""
    answers = uow.host.ask("actions", department=departments, uow=uow, entity=entity)
    return [Offered(item.plugin, item.value) for item in answers.items]


def find_action(uow: UnitOfWork, entity: Entity, departments: Departments, plugin: str, key: str) -> PluginAction:
    """One action of one plugin that runs (not a mere link).

    Raises:
        NotFound: when the plugin does not offer it here.
    """
    for offered in offered_actions(uow, entity, departments):
        if offered.plugin == plugin and offered.action.key == key and offered.action.run is not None:
            return offered.action
    raise NotFound(msg("This action is not offered here any more."))


def action_entry(uow: UnitOfWork, offered: Offered, path: str) -> Action:
    """An action of a plugin as a button or entry of a menu."""
    action = offered.action
    label, is_bad = plain_text(action.label), action.tone == "bad"
    if action.link is not None:
        return Action(label=label, href=href_of(uow, action.link), icon=action.icon or "plug", bad=is_bad)
    here = f"{path}/actions/{offered.plugin}/{action.key}"
    asks = bool(action.asks or action.confirm)
    return Action(label=label, href=here, icon=action.icon or "zap", post=not asks, bad=is_bad)
