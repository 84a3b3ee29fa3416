# SPDX-License-Identifier: Apache-2.0
"""From the options of ``xrm field add`` and ``change``, and their file, to a field as an entity file declares it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from xrm.errors import InvalidInput, Problem, msg
from xrm.overlay.additions import PREFIX
from xrm.schema.strict_yaml import plain_value, read

_Function = TypeVar("_Function", bound=Callable[..., Any])
_OPTIONS = (
    click.option("--type", "field_type", metavar="TYPE", help="Field type: text, integer, choice, date, link …"),
    click.option("--label-en", help="What it is called in English (default of a new one: made of the key)."),
    click.option("--label-fr", help="What it is called in French (default of a new one: as in English)."),
    click.option("--help-en", help="One sentence under the input, in English."),
    click.option("--help-fr", help="The same in French."),
    click.option("--choices", metavar="KEY[:EN[:FR]],…", help="Values of a choice, with their texts in both languages."),
    click.option("--to", metavar="TYPE,…", help="Types that a link may lead to."),
    click.option("--if-gone", type=click.Choice(["clear", "remove", "refuse"]), help="When a link's target is deleted."),
    click.option("--required/--not-required", default=None, help="Must be filled."),
    click.option("--unique/--not-unique", default=None, help="No two have the same value."),
    click.option("--many/--single", default=None, help="Several values."),
    click.option("--index/--no-index", default=None, help="Filtered or sorted often."),
    click.option("--guarded/--not-guarded", default=None, help="Seen and changed only with a right of its own."),
    click.option("--search", type=click.Choice(["strong", "normal", "weak"]), help="Found by the search, with this weight."),
    click.option("--default", help="Value of new ones; text that begins with = is an expression."),
    click.option("--min", help="Lowest value."),
    click.option("--max", help="Highest value."),
    click.option("--length", type=int, help="Most characters."),
    click.option("--scale", type=int, help="Digits after the decimal point."),
    click.option("--file", type=click.Path(path_type=Path), help="YAML file with the field; options win over it."),
)
_AS_THEY_ARE = ("required", "unique", "many", "index", "guarded", "search", "length", "scale", "if_gone")
_PARSED = ("default", "min", "max")


def field_options(function: _Function) -> _Function:
    """Give a command the options with which a field is declared."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def given_from(file: Path | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """What the options and the file say of a field, and nothing of what they leave open; None takes a part out.

    Raises:
        InvalidInput: when the file cannot be read or holds no field.
    """
    declared = _declared(file, options)
    declared.update({name: None for name in _AS_THEY_ARE if options.get(name) is False})
    for name in ("label", "help"):
        texts = {language: options[f"{name}_{language}"] for language in ("en", "fr") if options.get(f"{name}_{language}")}
        if texts and file is None:
            declared[name] = texts
    return declared


def declaration_from(key: str, file: Path | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The declaration in the grammar of entity files; labels that nobody gave are made of the key.

    Raises:
        InvalidInput: when the file cannot be read or holds no field.
    """
    declared = _declared(file, options)
    if "label" not in declared:
        said = _words(key.removeprefix(PREFIX))
        declared["label"] = {"en": said, "fr": said}
    return declared


def _declared(file: Path | None, options: Mapping[str, Any]) -> dict[str, Any]:
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
