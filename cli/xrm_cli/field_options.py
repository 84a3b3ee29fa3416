# SPDX-License-Identifier: Apache-2.0
"""From the options of ``xrm field add`` and its file to a field as an entity file declares it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xrm.errors import InvalidInput, Problem, msg
from xrm.overlay.additions import PREFIX
from xrm.schema.strict_yaml import plain_value, read

_AS_THEY_ARE = ("required", "unique", "many", "index", "search", "length", "scale", "if_gone")
_PARSED = ("default", "min", "max")


def declaration_from(key: str, file: Path | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The declaration in the grammar of entity files; labels that nobody gave are made of the key.

    Raises:
        InvalidInput: when the file cannot be read or holds no field.
    """
    declared = _from_file(file) if file is not None else {}
    if options.get("field_type"):
        declared["type"] = options["field_type"]
    declared.update({name: options[name] for name in _AS_THEY_ARE if options.get(name)})
    declared.update({name: plain_value(options[name]) for name in _PARSED if options.get(name) is not None})
    if options.get("to"):
        declared["to"] = [name.strip() for name in options["to"].split(",")]
    if options.get("choices"):
        declared["choices"] = _choices(options["choices"])
    for name in ("label", "help"):
        _take_texts(declared, name, options)
    if "label" not in declared:
        said = _words(key.removeprefix(PREFIX))
        declared["label"] = {"en": said, "fr": said}
    return declared


def _from_file(file: Path) -> dict[str, Any]:
    document = read(file)
    if not isinstance(document.data, dict):
        raise InvalidInput([Problem("", msg("The file holds no field. Write its keys: type, label …"), str(file))])
    return dict(document.data)


def _take_texts(declared: dict[str, Any], name: str, options: Mapping[str, Any]) -> None:
    given = {language: options[f"{name}_{language}"] for language in ("en", "fr") if options.get(f"{name}_{language}")}
    if given:
        written = declared.get(name)
        texts = {**(written if isinstance(written, dict) else {}), **given}
        only = next(iter(given.values()))
        declared[name] = {"en": texts.get("en", only), "fr": texts.get("fr", texts.get("en", only))}


def _choices(text: str) -> dict[str, dict[str, str]]:
    found = {}
    for part in text.split(","):
        key, *words = (word.strip() for word in part.split(":"))
        english = words[0] if words else _words(key)
        found[key] = {"en": english, "fr": words[1] if len(words) > 1 else english}
    return found


def _words(key: str) -> str:
    return key.replace("_", " ").strip().capitalize() or key
