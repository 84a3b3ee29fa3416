# SPDX-License-Identifier: Apache-2.0
"""The preview of an upgrade in words, as JSON values for programs, and the commands that do it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from xrm.errors import Message, msg
from xrm.plugin_preview.differences import Difference
from xrm.plugin_preview.steps import plan_in_words, problems_in_words
from xrm.plugin_preview.upgrading import Upgrade
from xrm.plugin_preview.words import Paragraph, said_as_json, schema_as_json

HEADINGS = {"comes": msg("What comes"), "goes": msg("What goes"), "changes": msg("What changes")}


def upgrade_in_words(upgrade: Upgrade) -> tuple[Paragraph, ...]:
    """All of it under headings, what stands in the way first."""
    problems = tuple(problems_in_words(upgrade.plan, upgrade.data_steps))
    rights = [one for one in upgrade.differences if one.part == "right"]
    paragraphs = [
        Paragraph(msg("It cannot be done"), upgrade.blocked, "bad"),
        Paragraph(msg("To be mended first"), problems, "bad" if not upgrade.data_steps else "warn"),
        Paragraph(msg("What wants attention"), tuple(one.said for one in upgrade.differences if one.is_grave), "warn"),
        *difference_paragraphs(one for one in upgrade.differences if one.part != "right" and not one.is_grave),
        Paragraph(msg("Rights"), tuple(_rights(rights))),
        Paragraph(msg("Other plugins"), tuple(one.how for one in upgrade.touches)),
        Paragraph(msg("Tables"), tuple(plan_in_words(upgrade.plan, upgrade.data_steps)) if not problems else ()),
        Paragraph(msg("To be known"), tuple(_known(upgrade))),
    ]
    return tuple(one for one in paragraphs if one.lines)


def difference_paragraphs(found: Iterable[Difference]) -> tuple[Paragraph, ...]:
    """What comes, what changes and what goes, each under its heading."""
    listed = list(found)
    return tuple(
        Paragraph(HEADINGS[way], lines) for way in ("comes", "changes", "goes")
        if (lines := tuple(one.said for one in listed if one.way == way))
    )


def _rights(found: list[Difference]) -> Iterator[Message]:
    for way, text in (("comes", msg("They come")), ("goes", msg("They mean nothing from then on"))):
        names = ", ".join(one.name for one in found if one.way == way)
        if names:
            yield msg("{what}: {names}.", what=text, names=names)
        if names and way == "comes":
            yield msg("Nobody has them but by a permission set that names them, or by a wildcard.")


def _known(upgrade: Upgrade) -> Iterator[Message]:
    if not upgrade.is_known:
        yield msg("What it showed and asked for before was not noted; only its types and fields are compared.")
    if upgrade.running != upgrade.contents.plugin.version and upgrade.running:
        yield msg("Here {running} still runs; {installed} is installed. It runs once xrm is started again.",
                  running=upgrade.running, installed=upgrade.contents.plugin.version)
    elif upgrade.needs_restart:
        yield msg("It runs once xrm is started again.")


def upgrade_commands(upgrade: Upgrade) -> tuple[str, ...]:
    """What is to be typed where xrm is installed, in this order; nothing where something stands in the way."""
    if upgrade.blocked or not upgrade.is_needed:
        return ()
    name = upgrade.contents.plugin.name
    plan = upgrade.plan
    if upgrade.is_held:
        return ("xrm schema plan --plugin " + name,)
    is_alone = plan is None or plan.risk != "safe" or bool(upgrade.data_steps)
    first = ("xrm backup create", f"xrm schema plan --plugin {name}") if is_alone else ()
    return (*first, f"xrm schema apply --plugin {name}")


def upgrade_as_json(upgrade: Upgrade) -> dict[str, Any]:
    """All of it as JSON values; ``words`` holds the sentences in English."""
    plugin = upgrade.contents.plugin
    return {
        "plugin": plugin.name, "version": plugin.version, "applied_version": upgrade.applied,
        "applied_at": upgrade.applied_at.isoformat() if upgrade.applied_at else None, "running_version": upgrade.running,
        "label": dict(plugin.manifest.label.texts) if plugin.manifest else {}, "change": "upgrade",
        "needed": upgrade.is_needed, "possible": not upgrade.blocked, "blocked": [str(one) for one in upgrade.blocked],
        "compared_in_full": upgrade.is_known,
        "differences": [
            {"part": one.part, "way": one.way, "name": one.name, "attention": one.is_grave, "said": str(one.said)}
            for one in upgrade.differences
        ],
        "rights": {way: [one.name for one in upgrade.differences if one.part == "right" and one.way == way]
                   for way in ("comes", "goes")},
        "touches": [{"plugin": one.plugin, "how": str(one.how)} for one in upgrade.touches],
        "data_steps": list(upgrade.data_steps), "schema": schema_as_json(upgrade.plan),
        "needs_restart": upgrade.needs_restart, "commands": list(upgrade_commands(upgrade)),
        "words": said_as_json(upgrade_in_words(upgrade)),
    }
