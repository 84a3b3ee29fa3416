# SPDX-License-Identifier: Apache-2.0
"""What comes, goes and changes from one outline of a plugin to another, in words an administrator understands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from xrm.errors import Message, msg
from xrm.plugin_preview.field_differences import Way, field_differences, label_of
from xrm.plugin_preview.outline import Declared, Outline
from xrm.plugin_preview.slots import SLOT_NAMES
from xrm.schema.model import Label

Part = Literal["type", "field", "right", "relationship", "kind", "slot", "setting", "asks", "requires", "code"]
VERBS = ("read", "create", "update", "delete")


@dataclass(frozen=True)
class Difference:
    """One thing that comes, goes or changes: of which part, its technical name, a sentence; ``is_grave`` wants attention."""

    part: Part
    way: Way
    name: str
    said: Message
    is_grave: bool = False


def differences(before: Outline, now: Outline) -> tuple[Difference, ...]:
    """All of them; where only the tables of before are known, nothing is said of the rest."""
    found = [*_types(before, now), *_relationships(before, now)]
    if before.is_whole:
        found += [*_kinds(before, now), *_asks(before, now), *_settings(before, now), *_code(before, now)]
    return tuple(found)


def _types(before: Outline, now: Outline) -> Iterator[Difference]:
    for way, name, one in _pairs(before.types, now.types):
        if way == "comes":
            yield Difference("type", way, name, msg("New: {label}, with these fields: {fields}.", label=many_of(one),
                                                    fields=field_labels(one)))
        elif way == "goes":
            yield Difference("type", way, name, msg("{label}: hidden from then on, and kept with all values.",
                                                    label=many_of(one)), is_grave=True)
        else:
            yield from _changed_type(name, before.types[name], one)
        if way != "changes":
            yield from (_right(way, f"{name}:{verb}") for verb in VERBS)


def _changed_type(name: str, was: Declared, now: Declared) -> Iterator[Difference]:
    label = many_of(now)
    if many_of(was).texts != label.texts:
        yield Difference("type", "changes", name, msg("{was} are called {label} from then on.", was=many_of(was), label=label))
    for way, key, said, is_grave in field_differences(label, was, now):
        yield Difference("field", way, f"{name}.{key}", said, is_grave)
    apart = {"fields", "label", "renamed"}
    others = sorted(part for part in was.keys() | now.keys() if part not in apart and was.get(part) != now.get(part))
    if others:
        yield Difference("type", "changes", name, msg("{label}: declared otherwise: {parts}.", label=label,
                                                      parts=", ".join(others)))


def _relationships(before: Outline, now: Outline) -> Iterator[Difference]:
    for way, name, one in _pairs(before.relationships, now.relationships):
        label = Label({language: f"{each['forward']} / {each['reverse']}" for language, each in one["label"].items()})
        if way == "comes":
            yield Difference("relationship", way, name, msg("New relationship: {label}.", label=label))
        elif way == "goes":
            yield Difference("relationship", way, name, msg("Relationship {label}: hidden from then on, and kept.", label=label),
                             is_grave=True)
        elif before.relationships[name] != one:
            was = before.relationships[name]
            parts = ", ".join(sorted(part for part in was.keys() | one.keys() if was.get(part) != one.get(part)))
            yield Difference("relationship", way, name, msg("Relationship {label}: declared otherwise: {parts}.", label=label,
                                                            parts=parts))
        if way != "changes":
            yield from (_right(way, f"{name}:{verb}") for verb in ("read", "link"))


def _right(way: Way, name: str) -> Difference:
    said = msg("Right {name}.", name=name) if way == "comes" else msg("Right {name}: it means nothing from then on.", name=name)
    return Difference("right", way, name, said)


def _kinds(before: Outline, now: Outline) -> Iterator[Difference]:
    for way, name, one in _pairs(before.kinds, now.kinds):
        if way == "comes":
            yield Difference("kind", way, name, msg("New kind of interaction: {label}.", label=label_of(one)))
        elif way == "goes":
            yield Difference("kind", way, name, msg("Kind of interaction {label}: none are added any more.", label=label_of(one)))
        elif before.kinds[name] != one:
            yield Difference("kind", way, name, msg("Kind of interaction {label}: declared otherwise.", label=label_of(one)))


Sentence = Callable[[Any], Message]
# Part of the manifest → what is said of a name that comes, and of one that goes; what comes to it is more than it had.
_ASKED: Mapping[str, tuple[Sentence, Sentence]] = {
    "requires": (lambda name: msg("It requires {name} from then on.", name=name),
                 lambda name: msg("It does without {name}.", name=name)),
    "slots": (lambda name: msg("It adds {place}.", place=SLOT_NAMES.get(name, name)),
              lambda name: msg("It does not add this any more: {place}.", place=SLOT_NAMES.get(name, name))),
    "jobs": (lambda name: msg("It works in the background: {name}.", name=name),
             lambda name: msg("It does not work in the background any more: {name}.", name=name)),
    "reads": (lambda name: msg("It asks to read: {name}.", name=name),
              lambda name: msg("It does not ask to read any more: {name}.", name=name)),
    "writes": (lambda name: msg("It asks to write: {name}.", name=name),
               lambda name: msg("It does not ask to write any more: {name}.", name=name)),
    "sends": (lambda name: msg("It asks to send by: {name}.", name=name),
              lambda name: msg("It does not ask to send any more by: {name}.", name=name)),
    "hosts": (lambda name: msg("It calls another machine: {name}.", name=name),
              lambda name: msg("It does not call this machine any more: {name}.", name=name)),
    "secrets": (lambda name: msg("It keeps a secret: {name}.", name=name),
                lambda name: msg("It does not keep this secret any more: {name}.", name=name)),
    "narrows": (lambda name: msg("It may hide rows of: {name}.", name=name),
                lambda name: msg("It does not hide rows any more of: {name}.", name=name)),
    "system": (lambda name: msg("It acts with the rights of the system, because of: {name}.", name=name),
               lambda name: msg("It does not act any more with the rights of the system because of: {name}.", name=name)),
}
_GRAVE = frozenset({"reads", "writes", "sends", "hosts", "secrets", "narrows", "system"})


def _asks(before: Outline, now: Outline) -> Iterator[Difference]:
    for part, (comes, goes) in _ASKED.items():
        was, are = before.asks.get(part, ()), now.asks.get(part, ())
        kind: Part = "slot" if part == "slots" else "requires" if part == "requires" else "asks"
        for name in are:
            if name not in was:
                yield Difference(kind, "comes", f"{part}:{name}", comes(name), part in _GRAVE)
        for name in was:
            if name not in are:
                yield Difference(kind, "goes", f"{part}:{name}", goes(name))


def _settings(before: Outline, now: Outline) -> Iterator[Difference]:
    for way, name, one in _pairs(before.settings, now.settings):
        label = label_of(one)
        if way == "comes" and one.get("required"):
            yield Difference("setting", way, name, msg("New setting, which has to be filled in: {label}.", label=label),
                             is_grave=True)
        elif way == "comes":
            yield Difference("setting", way, name, msg("New setting: {label}.", label=label))
        elif way == "goes":
            yield Difference("setting", way, name, msg("The setting {label} is not used any more.", label=label))
        elif before.settings[name] != one:
            yield Difference("setting", way, name, msg("The setting {label} is declared otherwise.", label=label))


def _code(before: Outline, now: Outline) -> Iterator[Difference]:
    was, are = before.code, now.code
    for way, names in (
        ("comes", [one for one in are if one not in was]), ("goes", [one for one in was if one not in are]),
        ("changes", [one for one in are if one in was and was[one] != are[one]]),
    ):
        said = {"comes": msg("New files with code: {names}.", names=", ".join(names)),
                "goes": msg("Files with code that are gone: {names}.", names=", ".join(names)),
                "changes": msg("Files with code that are other than before: {names}.", names=", ".join(names))}[way]
        if names:
            yield Difference("code", way, ", ".join(names), said)  # type: ignore[arg-type]  # the three ways that there are


def _pairs(before: Mapping[str, Declared], now: Mapping[str, Declared]) -> Iterator[tuple[Way, str, Declared]]:
    for name, one in now.items():
        yield ("changes" if name in before else "comes"), name, one
    for name, one in before.items():
        if name not in now:
            yield "goes", name, one


def many_of(declared: Declared) -> Label:
    """What several of a type are called, from its canonical form."""
    return Label({language: names["many"] for language, names in declared["label"].items()})


def field_labels(declared: Declared) -> Label:
    """The labels of all fields of a type, separated by commas, in each language."""
    labels = [label_of(one) for one in declared.get("fields", {}).values()]
    languages = sorted({language for label in labels for language in label.texts})
    return Label({language: ", ".join(label.get(language) for label in labels) for language in languages} or {"en": "–"})
