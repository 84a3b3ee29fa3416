# SPDX-License-Identifier: Apache-2.0
"""Named places on pages, in words an administrator understands."""

from __future__ import annotations

from collections.abc import Mapping

from xrm.errors import Message, msg

SLOT_NAMES: Mapping[str, Message] = {
    "nav.main": msg("the main menu"), "nav.settings": msg("the menu of settings"), "home.card": msg("a card on the home page"),
    "command": msg("the command palette"), "list.column": msg("a column of lists"), "list.filter": msg("a filter of lists"),
    "list.bulk": msg("an action on selected rows"), "list.toolbar": msg("a button above lists"),
    "record.badge": msg("a badge beside the title"), "record.highlight": msg("a highlight of a page"),
    "record.alert": msg("a notice on a page"), "record.action": msg("a button on a page"), "record.tab": msg("a tab of a page"),
    "record.panel": msg("a panel beside a page"), "record.timeline": msg("entries of the timeline"),
    "record.compose": msg("a way to write to somebody"), "form.section": msg("a section of forms"),
    "form.hint": msg("a hint in forms"), "merge.row": msg("a row when two are merged"),
    "import.source": msg("a source of imports"), "admin.page": msg("a page of the administration"),
    "admin.health": msg("a check of health"), "public.page": msg("a public page"),
}
