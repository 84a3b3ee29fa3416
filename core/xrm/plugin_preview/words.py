# SPDX-License-Identifier: Apache-2.0
"""A preview in words an administrator understands, under headings, and as JSON values for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from xrm.errors import Message, msg
from xrm.migrate.said import message_of
from xrm.migrate.steps import Plan
from xrm.plugin_preview.effects import Effects
from xrm.plugin_preview.slots import SLOT_NAMES
from xrm.schema.model import EntityDeclaration, Label

KINDS = {"party": msg("kind of party"), "role": msg("role"), "record": msg("record")}


@dataclass(frozen=True)
class Paragraph:
    """A heading with its sentences; ``tone`` is ``warn`` or ``bad`` for what wants attention."""

    heading: Message
    lines: tuple[Message, ...]
    tone: str = "neutral"


def in_words(effects: Effects, plan: Plan | None) -> tuple[Paragraph, ...]:
    """All of a preview, what concerns people most first; ``plan`` is the schema change that waits, if that is known."""
    paragraphs = [
        Paragraph(msg("It cannot be done"), effects.blocked, "bad"),
        Paragraph(msg("Who is concerned"), tuple(_people(effects))),
        Paragraph(msg("What is added") if effects.change == "enable" else msg("What goes"), tuple(_types(effects))),
        Paragraph(msg("What is stored there"), tuple(_stored(effects))),
        Paragraph(msg("Other plugins"), tuple(_others(effects))),
        Paragraph(msg("What it asks for"), tuple(_asked(effects))),
        Paragraph(msg("Tables"), tuple(_tables(plan))),
    ]
    return tuple(one for one in paragraphs if one.lines)


def _people(effects: Effects) -> Iterator[Message]:
    names = ", ".join(effects.names)
    more = effects.people - len(effects.names)
    if effects.people == 0:
        yield msg("Nobody has a right there to see any of it.")
    elif effects.change == "enable":
        yield msg("Will see it in {department}: {names}.", names=names, department=effects.department_name)
    else:
        yield msg("Will not see it any more in {department}: {names}.", names=names, department=effects.department_name)
    if more > 0:
        yield msg("And {count} more.", count=more)
    yield msg("It takes effect at once, for everybody. Other departments are not concerned.")


def _types(effects: Effects) -> Iterator[Message]:
    declared = effects.contents.declared
    for one in declared.entities:
        yield msg("{label} ({kind}), with a list in the menu and these fields: {fields}.", label=one.label.many,
                  kind=KINDS[one.kind], fields=_fields(one))
    for link in declared.relationships:
        yield msg("Relationship: {forward} / {reverse}.", forward=link.forward, reverse=link.reverse)
    for kind in declared.interaction_kinds:
        yield msg("Kind of interaction: {label}.", label=kind.label)
    manifest = effects.contents.plugin.manifest
    if manifest is not None and manifest.slots:
        yield from (msg("It adds {place}.", place=SLOT_NAMES[slot]) for slot in manifest.slots)
    if manifest is not None and manifest.jobs:
        yield msg("Work in the background: {jobs}.", jobs=", ".join(manifest.jobs))


def _fields(declared: EntityDeclaration) -> Label:
    """The labels of all fields of a type, separated by commas, in each language."""
    labels = [field.label for field in declared.fields.values()]
    languages = sorted({language for label in labels for language in label.texts})
    return Label({language: ", ".join(label.get(language) for label in labels) for language in languages} or {"en": "–"})


def _stored(effects: Effects) -> Iterator[Message]:
    labels = {one.name: one.label for one in effects.contents.declared.entities}
    for name, count in effects.rows.items():
        if count and effects.change == "enable":
            yield msg("{label}: {count} stored there from before, seen again.", label=labels[name].many, count=count)
        elif count:
            yield msg("{label}: {count} not seen any more; kept, and back when it is switched on again.",
                      label=labels[name].many, count=count)


def _others(effects: Effects) -> Iterator[Message]:
    for name in effects.also:
        yield msg("{plugin} is switched on with it.", plugin=name)
    manifest = effects.contents.plugin.manifest
    if effects.change == "disable" and manifest is not None and manifest.asks_for.narrows:
        names = ", ".join(manifest.asks_for.narrows)
        yield msg("What it hides there is seen again by everybody with a right to it: {names}.", names=names)
    yield from (one.how for one in effects.touches)


def _asked(effects: Effects) -> Iterator[Message]:
    manifest = effects.contents.plugin.manifest
    if manifest is None:
        return
    asked = manifest.asks_for
    for names, said in (
        (asked.reads, msg("It reads: {names}.", names=", ".join(asked.reads))),
        (asked.writes, msg("It writes: {names}.", names=", ".join(asked.writes))),
        (asked.sends, msg("It sends by: {names}.", names=", ".join(asked.sends))),
        (asked.hosts, msg("It calls: {names}.", names=", ".join(asked.hosts))),
        (asked.secrets, msg("It keeps secrets: {names}.", names=", ".join(asked.secrets))),
        (asked.narrows, msg("It may hide, from people with a right to them, rows of: {names}.", names=", ".join(asked.narrows))),
        (tuple(manifest.settings), msg("It has settings: {names}.", names=", ".join(manifest.settings))),
    ):
        if names:
            yield said
    if effects.contents.code:
        yield msg("It runs code of its own, with the rights of whoever uses it: {files}.", files=", ".join(effects.contents.code))
    else:
        yield msg("It has no code: only types, labels and templates.")


def _tables(plan: Plan | None) -> Iterator[Message]:
    if plan is None:
        yield msg("What its tables need can be said when its code runs. xrm schema plan shows it then.")
        return
    if plan.steps:
        yield msg("Steps that wait: {count}, about {seconds} seconds. Run: xrm schema apply", count=len(plan.steps),
                  seconds=seconds_of(plan))
    elif not plan.problems:
        yield msg("They are there already: nothing is changed in the database.")
    for problem in plan.problems:
        yield msg("To be mended first: {problem}", problem=message_of(problem))


def as_json(effects: Effects, plan: Plan | None) -> dict[str, Any]:
    """All of a preview as JSON values; ``words`` holds the sentences in English."""
    plugin, declared = effects.contents.plugin, effects.contents.declared
    manifest = plugin.manifest
    asked = manifest.asks_for if manifest else None
    return {
        "plugin": plugin.name, "version": plugin.version, "applied_version": effects.applied_version,
        "label": _texts(manifest.label) if manifest else {}, "summary": _texts(manifest.summary) if manifest else {},
        "department": effects.department_name, "department_id": str(effects.department), "enabled": effects.is_on,
        "change": effects.change, "possible": not effects.blocked, "blocked": [str(one) for one in effects.blocked],
        "menu": [_texts(one.label.many) for one in declared.entities],
        "entity_types": [_type(one, effects.rows) for one in declared.entities],
        "relationship_types": [
            {"name": one.name, "forward": _texts(one.forward), "reverse": _texts(one.reverse), "from": list(one.source),
             "to": list(one.target)} for one in declared.relationships
        ],
        "interaction_kinds": [{"name": one.name, "label": _texts(one.label)} for one in declared.interaction_kinds],
        "rights": list(effects.rights), "slots": list(manifest.slots) if manifest else [],
        "jobs": list(manifest.jobs) if manifest else [],
        **{key: list(getattr(asked, key)) if asked else [] for key in ("reads", "writes", "sends", "hosts", "secrets")},
        "settings": list(manifest.settings) if manifest else [], "code": list(effects.contents.code),
        "requires": list(manifest.requires) if manifest else [], "also_enables": list(effects.also),
        "touches": [{"plugin": one.plugin, "how": str(one.how)} for one in effects.touches],
        "people": {"count": effects.people, "names": list(effects.names)},
        "problems": [str(one) for one in (*plugin.problems, *effects.contents.problems)],
        "schema": schema_as_json(plan),
        "words": said_as_json(in_words(effects, plan)),
    }


def _type(one: EntityDeclaration, rows: Mapping[str, int]) -> dict[str, Any]:
    fields = [{"key": key, "label": _texts(field.label), "type": field.type} for key, field in one.fields.items()]
    return {"name": one.name, "kind": one.kind, "label": _texts(one.label.one), "fields": fields, "rows": rows.get(one.name, 0)}


def said_as_json(paragraphs: Iterable[Paragraph]) -> list[dict[str, Any]]:
    """Paragraphs in English."""
    return [{"heading": str(one.heading), "lines": [str(line) for line in one.lines]} for one in paragraphs]


def seconds_of(plan: Plan) -> float:
    """About how long its steps take."""
    return round(sum(step.seconds for step in plan.steps), 1)


def schema_as_json(plan: Plan | None) -> dict[str, Any] | None:
    """The schema change of a preview; None where it cannot be known."""
    if plan is None:
        return None
    return {
        "count": len(plan.steps), "seconds": seconds_of(plan), "risk": plan.risk,
        "steps": [f"{step.action} {step.target}" for step in plan.steps], "problems": list(plan.problems),
    }


def _texts(label: Label) -> dict[str, str]:
    return dict(label.texts)
