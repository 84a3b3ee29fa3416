# SPDX-License-Identifier: Apache-2.0
"""Declared fields as inputs of a form: a stored value, or what was sent and must not be lost, becomes form text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from babel.numbers import format_decimal
from werkzeug.datastructures import MultiDict

from xrm.entities.queries import titles
from xrm.folding import fold
from xrm.schema.fields.countries import country_names, language_names
from xrm.schema.fields.money import Money
from xrm.schema.fields.places import Address
from xrm.schema.model import Field
from xrm.schema.registry import Fielded
from xrm.search.queries import suggest
from xrm.unit_of_work import UnitOfWork
from xrm_web.i18n import gettext, language, text_of, zone
from xrm_web.inputs import FieldInput, Option

Sent = MultiDict[str, str]
CURRENCIES = tuple("EUR USD GBP CHF CAD AUD JPY CNY SEK NOK DKK PLN CZK HUF MAD XOF INR BRL".split())
LINES = "lines"
_KINDS = {
    "long_text": "textarea", "rich_text": "rich", "yes_no": "checkbox", "choice": "select", "choices": "multiselect",
    "phone": "tel",
}
_PARTS = {
    "money": ("amount", "currency"), "duration": ("hours", "minutes"),
    "address": ("street", "street2", "postal_code", "city", "region", "country"),
}


def kind_of_input(fielded: Fielded, key: str) -> str:
    """The macro that draws the input of a field."""
    field, kind = fielded.fields[key], fielded.field_type(key).input
    if field.many and kind in ("country", "language"):
        # Two hundred boxes help nobody: names are typed, in the reader's language.
        return "tags"
    if field.many and kind not in ("tags", "choices", "links", "file", "image"):
        return LINES
    return _KINDS.get(kind, kind)


def is_typed(fielded: Fielded, key: str) -> bool:
    """Whether people fill the field in: neither computed nor only for machines."""
    field = fielded.fields[key]
    return not field.formula and field.type != "computed"


def value_options(fielded: Fielded, key: str, current: Sequence[str] = ()) -> tuple[Option, ...]:
    """What a field lets choose from, in the reader's language; a retired choice only where it is the current one."""
    field = fielded.fields[key]
    match fielded.field_type(key).input:
        case "choice" | "choices":
            return tuple(
                Option(choice.key, text_of(choice.label), choice.tone)
                for choice in field.choices
                if not choice.retired or choice.key in current
            )
        case "country":
            return _by_name(country_names(language()))
        case "language":
            known = language_names(language())
            return _by_name({code: name for code, name in known.items() if len(code) <= 3 or code in current})
        case "yes_no":
            return (Option("true", gettext("Yes")), Option("false", gettext("No")))
        case _:
            return ()


def _by_name(names: Mapping[str, str]) -> tuple[Option, ...]:
    return tuple(Option(code, name) for code, name in sorted(names.items(), key=lambda pair: fold(pair[1])))


def link_choices(uow: UnitOfWork, field: Field, ids: Sequence[str], wanted: str = "") -> tuple[Option, ...]:
    """The present targets of a link by their titles, then what a search without JavaScript found."""
    return choices_of_types(uow, field.to, ids, wanted)


def choices_of_types(uow: UnitOfWork, types: Sequence[str], ids: Sequence[str], wanted: str = "") -> tuple[Option, ...]:
    """As ``link_choices``, for entities of these types."""
    known = [one for text in ids if (one := _uuid(text))]
    found = titles(uow, known) if known else {}
    options = {str(one): Option(str(one), found[one].title) for one in known if one in found}
    if wanted.strip():
        for hit in suggest(uow, wanted, uow.registry.types_for(types)):
            options.setdefault(str(hit.id), Option(str(hit.id), hit.title, note=hit.subtitle))
    return tuple(options.values())


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def input_of(
    uow: UnitOfWork, fielded: Fielded, key: str, value: Any, sent: Sent | None = None, errors: Iterable[str] = ()
) -> FieldInput:
    """One field as an input: with what was sent (if anything was), else with its stored value."""
    field, kind = fielded.fields[key], kind_of_input(fielded, key)
    shown = sent_texts(kind, key, sent) if sent is not None and was_sent(key, sent) else stored_texts(kind, field, value)
    text, several, parts = shown
    options = _options(uow, fielded, key, kind, (text, *several, *parts.values()), sent)
    needs = [text_of(fielded.fields[name].label) for name in _names(fielded, field) if name in fielded.fields]
    lines_hint = gettext("One per line.") if kind == LINES else ""
    return FieldInput(
        name=key,
        kind="textarea" if kind == LINES else kind,
        label=text_of(field.label),
        value=text,
        values=several,
        parts=parts,
        choices=options,
        help=" ".join(filter(None, (text_of(field.help), lines_hint))),
        errors=tuple(errors),
        required=field.required is True and kind != "checkbox",
        read_only=field.read_only,
        length=field.length,
        max=str(field.max or 5) if kind == "rating" else "",
        unit="%" if fielded.field_type(key).cell == "percent" else "",
        search_url=f"/pick?type={','.join(field.to)}" if kind in ("link", "links") else "",
        wide=kind in (LINES, "textarea"),
        depends=", ".join(dict.fromkeys(needs)) if field.when else "",
    )


def _names(fielded: Fielded, field: Field) -> Iterable[str]:
    return sorted(fielded.expression(field.when).names) if field.when else ()


def _options(
    uow: UnitOfWork, fielded: Fielded, key: str, kind: str, current: Sequence[str], sent: Sent | None
) -> tuple[Option, ...]:
    field = fielded.fields[key]
    if kind in ("link", "links"):
        wanted = sent.get(f"{key}__search", "") if sent is not None and sent.get("_find") == key else ""
        return link_choices(uow, field, current, wanted)
    if kind == "money":
        codes = dict.fromkeys((uow.settings.currency, *CURRENCIES, *(code for code in current[1:] if len(code) == 3)))
        return tuple(Option(code, code) for code in codes)
    if kind == "address":
        return _by_name(country_names(language()))
    options = value_options(fielded, key, current)
    return (*options, Option("", gettext("Not known"))) if kind == "checkbox" and options else options


def was_sent(key: str, sent: Sent) -> bool:
    """Whether the form that was sent had this field."""
    return any(name == key or name.startswith(f"{key}__") for name in sent)


def sent_texts(kind: str, key: str, sent: Sent) -> tuple[str, tuple[str, ...], dict[str, str]]:
    """Text, texts and parts as they were typed."""
    if kind in _PARTS:
        return "", (), {part: sent.get(f"{key}__{part}", "") for part in _PARTS[kind]}
    if kind in ("multiselect", "links"):
        return "", tuple(value for value in sent.getlist(key) if value), {}
    return sent.get(key, ""), (), {}


def stored_texts(kind: str, field: Field, value: Any) -> tuple[str, tuple[str, ...], dict[str, str]]:
    """Text, texts and parts of a stored value, as people of the reader's language type it."""
    if value is None:
        return "", (), {}
    if not isinstance(value, tuple):
        parts = _parts(value)
        return ("" if parts else _text(value)), (), parts
    if kind == LINES:
        return "\n".join(_text(one) for one in value), (), {}
    names: Mapping[str, str] = {}
    if kind == "tags" and field.type in ("country", "language"):
        names = country_names(language()) if field.type == "country" else language_names(language())
    return "", tuple(names.get(str(one), str(one)) for one in value), {}


def _parts(value: Any) -> dict[str, str]:
    match value:
        case Money():
            return {"amount": _number(value.amount), "currency": value.currency}
        case timedelta():
            minutes = int(value.total_seconds() // 60)
            return {"hours": str(minutes // 60), "minutes": str(minutes % 60)}
        case Address():
            return {part: getattr(value, part) for part in _PARTS["address"]}
        case _:
            return {}


def _text(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(zone()).strftime("%Y-%m-%dT%H:%M")
        case date():
            return value.isoformat()
        case int() | Decimal():
            return _number(value)
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, indent=2)
        case _:
            return str(value)


def _number(value: int | Decimal) -> str:
    return str(format_decimal(value, locale=language(), decimal_quantization=False, group_separator=False))


def read_form(fielded: Fielded, sent: Sent, keys: Iterable[str]) -> dict[str, object]:
    """The raw values of those of these fields that the form had, as core parses them; unticked boxes count as empty."""
    raw: dict[str, object] = {}
    for key in keys:
        if not is_typed(fielded, key) or fielded.fields[key].read_only or not was_sent(key, sent):
            continue
        kind = kind_of_input(fielded, key)
        if kind in ("file", "image"):
            # Ids are never taken from a form: a file comes by being sent, and goes by being ticked off.
            if sent.get(f"{key}__remove"):
                raw[key] = None
            continue
        raw[key] = _raw(kind, fielded.fields[key], *sent_texts(kind, key, sent))
    return raw


def _raw(kind: str, field: Field, text: str, several: tuple[str, ...], parts: Mapping[str, str]) -> object:
    if parts:
        return _joined(kind, parts)
    if kind in ("multiselect", "links"):
        return list(several)
    if kind == "datetime":
        return _moment(text)
    if kind == LINES or (kind == "tags" and field.type != "tags"):
        pieces = text.splitlines() if kind == LINES else text.split(",")
        return [piece.strip() for piece in pieces if piece.strip()]
    return text


def _joined(kind: str, parts: Mapping[str, str]) -> object:
    if not any(part.strip() for name, part in parts.items() if name != "currency"):
        return None
    if kind == "duration":
        return f"{parts['hours'].strip() or 0}:{parts['minutes'].strip().rjust(2, '0')}"
    return dict(parts)


def _moment(text: str) -> object:
    """The moment typed in the reader's zone; what is no moment goes on as it is, for core to refuse in its words."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return found.replace(tzinfo=zone()) if found.tzinfo is None else found
