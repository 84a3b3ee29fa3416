# SPDX-License-Identifier: Apache-2.0
"""What an upgrade of a plugin means for what administrators added: then, now, yours, in words; until it is marked as seen."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xrm.errors import Message, msg
from xrm.folding import fold
from xrm.overlay.additions import PREFIX, Addition, Overlay
from xrm.overlay.fields import base_of
from xrm.schema.expressions.syntax import ExpressionError, Node, parse

if TYPE_CHECKING:
    from xrm.runtime import Runtime

Declared = Mapping[str, Any]
_EXPRESSIONS = ("when", "required", "formula", "default")


@dataclass(frozen=True)
class Concern:
    """One thing of a plugin's type that changed and touches what was added to it.

    ``then`` is what the plugin declared when the field was added or last seen, ``now`` what it declares, ``yours`` what was
    added; ``said`` tells it in words, with what to do.
    """

    type: str
    key: str
    place: str
    then: str
    now: str
    yours: str
    said: Message
    is_left_out: bool = False

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "type": self.type, "key": self.key, "place": self.place, "then": self.then, "now": self.now, "yours": self.yours,
            "text": str(self.said), "left_out": self.is_left_out,
        }


def find_concerns(runtime: Runtime, overlay: Overlay) -> list[Concern]:
    """All that an administrator should look at, first what does not fit any more; nothing of what was marked as seen."""
    left_out = [
        Concern(one.type_name, one.key, problem.path, "", "", _written(one), _no_longer_fits(one, problem.message), True)
        for misfit in runtime.misfits for one in [misfit.addition] for problem in misfit.problems
    ]
    now = {name: base_of(runtime, name) for name in dict.fromkeys(one.type_name for one in overlay.additions)}
    misfits = {misfit.addition.id for misfit in runtime.misfits}
    found = list(left_out)
    for one in overlay.additions:
        is_used = one.kind == "field" and not one.is_retired and one.id not in misfits
        if is_used and one.base and now[one.type_name] not in ("", one.base):
            found += _of_field(one, json.loads(one.base), json.loads(now[one.type_name]))
    # What is said of the type as a whole is said once, whatever the number of its fields.
    return list({(one.type, one.key, one.place, one.then, one.yours): one for one in found}.values())


def _no_longer_fits(one: Addition, problem: Message) -> Message:
    return msg("{name} does not fit any more and is left out, with its values kept: {problem}", name=one.name, problem=problem)


def _of_field(one: Addition, then: Declared, now: Declared) -> Iterator[Concern]:
    before, after = then.get("fields", {}), now.get("fields", {})
    for key, field in after.items():
        if not field.get("retired") and _is_same(one, key, field) and not (key in before and _is_same(one, key, before[key])):
            yield _alike(one, key, before.get(key), field)
    for part, text, name in _names(one.declaration):
        if name in before and before[name] != after.get(name):
            yield from _named(one, f"{part}: {text}", name, before[name], after.get(name))
    yield from _gone(one, then, now)


def _is_same(one: Addition, key: str, field: Declared) -> bool:
    """Whether a field of the plugin means what the added one means, by its key or by its name in any language."""
    if key == one.key.removeprefix(PREFIX):
        return True
    label, own = field.get("label", {}), one.declaration.get("label", {})
    return any(fold(label[language]) == fold(str(own[language])) for language in label if language in own)


def _alike(one: Addition, key: str, then: Declared | None, now: Declared) -> Concern:
    said = msg("The plugin has a field {key} now that seems to mean the same as {yours}. If it does, carry the values over and "
               "retire yours: xrm field retire {type} {yours}.", key=key, yours=one.key, type=one.type_name)
    return Concern(one.type_name, one.key, f"fields.{key}", _field_text(key, then), _field_text(key, now), _written(one), said)


def _named(one: Addition, yours: str, name: str, then: Declared, now: Declared | None) -> Iterator[Concern]:
    """What changed of a field of the plugin that an added one names."""
    place = f"fields.{name}"
    if now is None or now.get("retired"):
        said = msg("{yours} names the field {name}, which the plugin gave up. Change what names it: "
                   "xrm field change {type} {yours}.", yours=one.key, name=name, type=one.type_name)
        yield Concern(one.type_name, one.key, place, _field_text(name, then), "", yours, said)
        return
    if now.get("type") != then.get("type"):
        said = msg("{yours} names the field {name}, whose type changed. Look whether the condition still says what it should.",
                   yours=one.key, name=name)
        yield Concern(one.type_name, one.key, f"{place}.type", str(then.get("type")), str(now.get("type")), yours, said)
    choices, others = _living(then), _living(now)
    if choices != others:
        said = msg("{yours} names the field {name}, whose choices changed. Look whether the condition still says what it should.",
                   yours=one.key, name=name)
        yield Concern(one.type_name, one.key, f"{place}.choices", ", ".join(choices), ", ".join(others), yours, said)


def _gone(one: Addition, then: Declared, now: Declared) -> Iterator[Concern]:
    """Sections and lists that are there no more."""
    sections = [_sections(declared) for declared in (then, now)]
    for name in sections[0]:
        if name not in sections[1]:
            said = msg('The section "{name}" is gone from the page of {type}.', name=name, type=one.type_name)
            yield Concern(one.type_name, "", "page.sections", name, "", "", said)
    for key in then.get("views", {}):
        if key not in now.get("views", {}):
            said = msg('The list "{name}" of {type} is gone.', name=key, type=one.type_name)
            yield Concern(one.type_name, "", f"views.{key}", key, "", "", said)


def _sections(declared: Declared) -> list[str]:
    return [section["label"]["en"] for section in declared.get("page", {}).get("sections", ())]


def _living(field: Declared) -> list[str]:
    return [key for key, choice in field.get("choices", {}).items() if not choice.get("retired")]


def _names(declaration: Declared) -> Iterator[tuple[str, str, str]]:
    """(key of the declaration, its expression, name in it)."""
    for part in _EXPRESSIONS:
        text = declaration.get(part)
        if not isinstance(text, str) or (part == "default" and not text.startswith("=")):
            continue
        text = text.removeprefix("=")
        try:
            found = list(_in_tree(parse(text)))
        except ExpressionError:
            continue
        yield from ((part, text, name) for name in dict.fromkeys(found))


def _in_tree(node: Node) -> Iterator[str]:
    if node.kind == "name":
        yield str(node.value)
    for child in node.children:
        yield from _in_tree(child)


def _field_text(key: str, field: Declared | None) -> str:
    return "" if field is None else f'{key} ({field.get("type")}, "{field.get("label", {}).get("en", key)}")'


def _written(one: Addition) -> str:
    label = one.declaration.get("label")
    name = label.get("en", one.key) if isinstance(label, Mapping) else one.key
    return f'{one.key or one.type_name} ({one.declaration.get("type", one.kind)}, "{name}")'
