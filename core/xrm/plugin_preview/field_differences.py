# SPDX-License-Identifier: Apache-2.0
"""What comes, goes and changes in the fields of a type, from one canonical form of it to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from xrm.errors import Message, msg
from xrm.schema.model import Label

Way = Literal["comes", "goes", "changes"]
Found = tuple[Way, str, Message, bool]
Declared = Mapping[str, Any]
# What a form or a list does otherwise, in words; the rest is named as the file names it.
_PARTS: Mapping[str, Message] = {
    "unique": msg("each value once"), "search": msg("found by search"), "default": msg("the default"), "help": msg("the hint"),
    "index": msg("quick to filter by"), "formula": msg("the formula"), "guarded": msg("seen by few only"),
    "see": msg("who may see it"), "edit": msg("who may change it"), "many": msg("one or several values"),
    "to": msg("what it may point to"), "if_gone": msg("what happens when its target goes"), "length": msg("the longest text"),
    "scale": msg("the decimals"), "readonly": msg("who writes it"), "personal": msg("personal data or not"),
}
_APART = {"type", "label", "required", "choices"}


def field_differences(label: Label, was: Declared, now: Declared) -> Iterator[Found]:
    """For the type of this label: way, key, sentence, and whether it wants attention."""
    before, after, renamed = was.get("fields", {}), now.get("fields", {}), now.get("renamed", {})
    gone, fresh = before.keys() - after.keys(), after.keys() - before.keys()
    moved = {new: old for old, new in renamed.items() if old in gone and new in fresh}
    for key, one in after.items():
        if key in moved:
            yield "changes", key, msg("{type}: {field} keeps its values under another key: {new} (before: {old}).", type=label,
                                      field=label_of(one), new=key, old=moved[key]), False
            yield from _changed(label, key, before[moved[key]], one)
        elif key in before:
            yield from _changed(label, key, before[key], one)
        elif one.get("required") is True:
            said = msg("{type}: new field {field}, which has to be filled in.", type=label, field=label_of(one))
            yield "comes", key, said, True
        else:
            yield "comes", key, msg("{type}: new field {field}.", type=label, field=label_of(one)), False
    for key, one in before.items():
        if key not in after and key not in moved.values():
            yield "goes", key, msg("{type}: the field {field} is hidden from then on, and keeps its values.", type=label,
                                   field=label_of(one)), True


def _changed(label: Label, key: str, was: Declared, now: Declared) -> Iterator[Found]:
    field = label_of(now)
    if was["type"] != now["type"]:
        yield "changes", key, msg("{type}: {field} is of another type: {now} (before: {was}). Its values are carried over.",
                                  type=label, field=field, now=now["type"], was=was["type"]), True
    if label_of(was).texts != field.texts:
        said = msg("{type}: {was} is called {field} from then on.", type=label, was=label_of(was), field=field)
        yield "changes", key, said, False
    if now.get("required") is True and was.get("required") is not True:
        yield "changes", key, msg("{type}: {field} has to be filled in from then on.", type=label, field=field), True
    elif was.get("required") is True and now.get("required") is not True:
        yield "changes", key, msg("{type}: {field} may be left empty from then on.", type=label, field=field), False
    yield from _choices(label, key, was.get("choices", {}), now)
    others = [part for part in sorted(was.keys() | now.keys()) if part not in _APART and was.get(part) != now.get(part)]
    if others:
        yield "changes", key, msg("{type}: {field} is declared otherwise: {parts}.", type=label, field=field,
                                  parts=_listed(others)), False


def _choices(label: Label, key: str, was: Declared, now: Declared) -> Iterator[Found]:
    are: Mapping[str, Declared] = now.get("choices", {})
    new = [_choice(one) for name, one in are.items() if name not in was and not one.get("retired")]
    gone = [_choice(one) for name, one in was.items() if name not in are or (are[name].get("retired") and not one.get("retired"))]
    if new:
        yield "changes", key, msg("{type}: {field} has new choices: {names}.", type=label, field=label_of(now),
                                  names=_joined(new)), False
    if gone:
        yield "changes", key, msg("{type}: {field} does not offer any more: {names}.", type=label, field=label_of(now),
                                  names=_joined(gone)), True


def label_of(declared: Declared) -> Label:
    """What something is called, from its canonical form."""
    return Label(declared["label"])


def _choice(declared: Declared) -> Label:
    return Label({language: text for language, text in declared.items() if language not in {"tone", "retired"}})


def _joined(labels: list[Label]) -> Label:
    languages = sorted({language for label in labels for language in label.texts})
    return Label({language: ", ".join(label.get(language) for label in labels) for language in languages})


def _listed(parts: list[str]) -> Message | str:
    """Their names behind each other, as one message of messages."""
    said: Message | str = _PARTS.get(parts[0], parts[0])
    for part in parts[1:]:
        said = msg("{first}, {second}", first=said, second=_PARTS.get(part, part))
    return said
