# SPDX-License-Identifier: Apache-2.0
"""What upgrading or removing a plugin would do. The pages show it, with the commands that do it; they do nothing themselves."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from xrm.plugin_host.discovery import Plugin
from xrm.plugin_preview.applied import Applied, list_applied
from xrm.plugin_preview.contents import read_contents
from xrm.plugin_preview.differences import Difference, differences
from xrm.plugin_preview.outline import outline_of
from xrm.plugin_preview.removal_words import removal_commands, removal_in_words
from xrm.plugin_preview.removing import preview_removal
from xrm.plugin_preview.upgrade_words import difference_paragraphs, upgrade_commands, upgrade_in_words
from xrm.plugin_preview.upgrading import preview_upgrade
from xrm.plugin_preview.words import Paragraph
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.i18n import text_of
from xrm_web.security import signed_in

blueprint = Blueprint("admin_plugin_upgrades", __name__, url_prefix="/admin/plugins/<name>")


@dataclass(frozen=True)
class Standing:
    """Which version of a plugin was applied, runs and is installed, and what its last upgrade changed."""

    applied: Applied | None
    running: str
    installed: str
    is_waiting: bool
    before: str = ""
    last: tuple[Paragraph, ...] = ()


@blueprint.get("/upgrade")
@signed_in
def upgrade(name: str) -> ResponseReturnValue:
    """What applying the installed version would do."""
    found = preview_upgrade(sessions.runtime(), name, sessions.actor())
    return render_template(
        "admin/plugin_upgrade.html", name=name, upgrade=found, paragraphs=upgrade_in_words(found),
        commands=upgrade_commands(found), needs_window=found.plan is not None and found.plan.risk != "safe",
        plugin_title=_title(found.contents.plugin),
    )


@blueprint.get("/removal")
@signed_in
def removal(name: str) -> ResponseReturnValue:
    """What removing it would take away."""
    found = preview_removal(sessions.runtime(), name, sessions.actor())
    return render_template("admin/plugin_removal.html", leaving=found, paragraphs=removal_in_words(found),
                           commands=removal_commands(found), name=name, plugin_title=_title(found.plugin))


def standing_of(uow: UnitOfWork, name: str) -> Standing:
    """Where a plugin stands: its versions, and what the last upgrade changed."""
    host = uow.host.as_installed()
    plugin = host.get(name)
    here = next((one for one in uow.host.plugins if one.name == name), None)
    known = list_applied(uow, name)
    now = outline_of(read_contents(plugin))
    waits = bool(known) and plugin.folder is not None and _waits(known[0], now.version, differences(known[0].outline, now))
    last = difference_paragraphs(_without_rights(differences(known[1].outline, known[0].outline))) if len(known) > 1 else ()
    return Standing(known[0] if known else None, here.version if here else "", plugin.version, waits,
                    known[1].outline.version if len(known) > 1 else "", last)


def _waits(applied: Applied, installed: str, found: tuple[Difference, ...]) -> bool:
    # The version of one that was applied before this was noted is the one that last changed its tables.
    return bool(found) or (applied.outline.is_whole and applied.outline.version != installed)


def _without_rights(found: tuple[Difference, ...]) -> tuple[Difference, ...]:
    return tuple(one for one in found if one.part != "right")


def _title(plugin: Plugin) -> str:
    return text_of(plugin.manifest.label) if plugin.manifest else plugin.name
