# SPDX-License-Identifier: Apache-2.0
"""Values made of several: lists, mappings by name, and texts in every language."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from marshmallow import ValidationError

from xrm.errors import Message, msg
from xrm.schema.grammar.values import KEY_PATTERN, KeyMessage, Part, found, is_extension, key_problem, refuse
from xrm.schema.model import LANGUAGES, Choice, Label
from xrm.schema.suggest import unknown

TONES = ("neutral", "good", "warn", "bad", "info")
_CHOICE_KEY = re.compile(r"[a-z0-9][a-z0-9_]{0,62}\Z")


class Several(Part):
    """A list of values of one kind, as a tuple."""

    def __init__(self, inner: Part, description: str = "", *, most: int | None = None, **options: Any) -> None:
        super().__init__(description, **options)
        self.inner = inner
        self.most = most

    def _take(self, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise refuse(msg("A list is expected. Write [{found}].", found="…" if isinstance(value, dict) else found(value)))
        if self.most is not None and len(value) > self.most:
            raise refuse(msg("At most {most} are possible here, not {count}. Remove some.", most=self.most, count=len(value)))
        taken, errors = _take_each(enumerate(value), self.inner)
        if errors:
            raise ValidationError(errors, valid_data=list(taken.values()))
        return tuple(taken.values())

    def _shape(self) -> dict[str, Any]:
        limit = {} if self.most is None else {"maxItems": self.most}
        return {"type": "array", "items": self.inner.json_schema(), **limit}


class Keyed(Part):
    """A mapping from names to values of one kind, in the order of the file; ``x-…`` names are ignored."""

    def __init__(
        self, inner: Part, description: str = "", *, reserved: Collection[str] = (), by_choice: bool = False, **options: Any
    ) -> None:
        super().__init__(description, **options)
        self.inner = inner
        self.reserved = reserved
        self.by_choice = by_choice  # names are stored values of a choice, which may begin with a digit

    def _take(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise refuse(msg("A mapping is expected. Write key: value, one per line, instead of {found}.", found=found(value)))
        entries = [(key, entry) for key, entry in value.items() if not is_extension(key)]
        taken, errors = _take_each(entries, self.inner)
        for key, _ in entries:
            problem = self._key_problem(key)
            if problem:
                errors[key] = [problem]
                taken.pop(key, None)
        if errors:
            raise ValidationError(errors, valid_data=taken)
        return taken

    def _key_problem(self, key: str) -> KeyMessage | None:
        if self.by_choice:
            return None if _CHOICE_KEY.match(key) else KeyMessage(
                'The choice "{key}" cannot be stored. Write at most 63 of a-z, 0-9 and _, like in_progress.', {"key": key},
            )
        return key_problem(key, self.reserved)

    def _shape(self) -> dict[str, Any]:
        names = {"pattern": _CHOICE_KEY.pattern.replace(r"\Z", "$")} if self.by_choice else {"pattern": KEY_PATTERN + "|^x-"}
        return {"type": "object", "additionalProperties": self.inner.json_schema(), "propertyNames": names}


def _take_each(entries: Iterable[tuple[Any, Any]], part: Part) -> tuple[dict[Any, Any], dict[Any, Any]]:
    taken: dict[Any, Any] = {}
    errors: dict[Any, Any] = {}
    for key, entry in entries:
        try:
            taken[key] = part.read(entry)
        except ValidationError as error:
            errors[key] = error.messages
            if error.valid_data is not None and error.valid_data != {}:
                taken[key] = error.valid_data
    return taken, errors


class LabelText(Part):
    """One text per language of the interface: ``{en: …, fr: …}``."""

    extra: tuple[str, ...] = ()

    def _take(self, value: Any) -> Any:
        if not isinstance(value, dict):
            raise refuse(msg('Write it in both languages: {{en: "{found}", fr: "…"}}', found=found(value)))
        errors: dict[str, Any] = {}
        for language in LANGUAGES:
            text = value.get(language)
            if not isinstance(text, str) or not text:
                errors[language] = [self._text_problem(language, language in value, text)]
        for key in value:
            if key not in LANGUAGES and key not in self.extra and not is_extension(key):
                message = unknown("key", key, (*LANGUAGES, *self.extra))
                errors[key] = [KeyMessage(message.text, message.params)]
        if errors:
            raise ValidationError(errors)
        return Label({language: value[language] for language in LANGUAGES})

    def _text_problem(self, language: str, is_there: bool, text: Any) -> Message:
        if is_there and text is not None and text != "":
            return msg('Text is expected. Put it in quotes: "{found}"', found=found(text))
        return msg('The text for language "{language}" is missing. Write {language}: …', language=language)

    def _shape(self) -> dict[str, Any]:
        text = {"type": "string", "minLength": 1}
        return {
            "type": "object",
            "properties": dict.fromkeys(LANGUAGES, text),
            "required": list(LANGUAGES),
            "patternProperties": {"^x-": {}},
            "additionalProperties": False,
        }


class ChoiceText(LabelText):
    """One choice: its text in both languages, and perhaps ``tone`` and ``retired``; its key is set by the file's reader."""

    extra = ("tone", "retired")

    def _take(self, value: Any) -> Choice:
        label = super()._take(value)
        errors: dict[str, Any] = {}
        tone, retired = value.get("tone", TONES[0]), value.get("retired", False)
        if tone not in TONES:
            errors["tone"] = [unknown("tone", found(tone), TONES)]
        if not isinstance(retired, bool):
            errors["retired"] = [msg('Write true or false, not "{found}".', found=found(retired))]
        if errors:
            raise ValidationError(errors)
        return Choice("", label, tone, retired)

    def _shape(self) -> dict[str, Any]:
        schema = super()._shape()
        schema["properties"] = {**schema["properties"], "tone": {"enum": list(TONES)}, "retired": {"type": "boolean"}}
        return schema
