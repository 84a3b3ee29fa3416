# SPDX-License-Identifier: Apache-2.0
"""Filters in words: which operators a field offers, what a chip says, and the small form that adds one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from werkzeug.datastructures import MultiDict

from xrm.departments.queries import get_tree
from xrm.entities.links import Title
from xrm.entities.listing import Filter
from xrm.schema.fields.base import InvalidValue
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork
from xrm_web.field_rights import unusable_columns
from xrm_web.form_inputs import link_choices, value_options
from xrm_web.i18n import format_date, gettext, language, text_of, typography
from xrm_web.inputs import FieldInput, Option

MOST_CHECKS = 40
_UNARY = ("empty", "filled")
_DATES = ("before", "after", "between", *_UNARY)
_OFFERED: Mapping[str, tuple[str, ...]] = {
    "text": ("contains", "starts", "eq", *_UNARY),
    "number": ("eq", "ge", "le", "between", *_UNARY),
    "date": ("before", "after", "between", "eq", *_UNARY),
    "choice": ("in", *_UNARY),
    "one_of_many": ("eq", "ne", *_UNARY),
    "many": ("has_any", "has_none", *_UNARY),
    "link": ("eq", "ne", *_UNARY),
    "address": ("contains", *_UNARY),
    "unary": _UNARY,
}
_FAMILY = {
    "number": "number", "money": "number", "percent": "number", "rating": "number", "duration": "number", "date": "date",
    "datetime": "date", "choice": "choice", "country": "one_of_many", "language": "one_of_many", "yes_no": "one_of_many",
    "link": "link", "address": "address", "file": "unary", "image": "unary", "json": "unary",
}
_SYSTEM: Mapping[str, tuple[str, ...]] = {
    "title": ("contains", "starts"), "owner": ("eq", *_UNARY), "department": ("in",), "created_at": _DATES[:3],
    "updated_at": _DATES[:3], "since": _DATES, "until": _DATES,
}


@dataclass(frozen=True)
class Chip:
    """One filter in force, in words, and the address of the list without it."""

    field: str
    operator: str
    value: str
    remove_href: str


@dataclass(frozen=True)
class Composer:
    """The form that adds a filter on one field."""

    key: str
    label: str
    operators: tuple[Option, ...]
    value: FieldInput | None
    until: FieldInput | None = None
    problem: str = ""


def operator_words() -> dict[str, str]:
    """What each operator is called in a sentence: *field* … *value*."""
    return {
        "eq": gettext("is"), "ne": gettext("is not"), "in": gettext("is"), "contains": gettext("contains"),
        "starts": gettext("begins with"), "lt": gettext("is below"), "le": gettext("is at most"), "gt": gettext("is above"),
        "ge": gettext("is at least"), "between": gettext("is between"), "before": gettext("is before"),
        "after": gettext("is after"), "empty": gettext("is empty"), "filled": gettext("is filled in"), "has": gettext("has"),
        "has_any": gettext("has"), "has_none": gettext("has not"), "in_country": gettext("lies in"),
    }


def filter_fields(entity_type: EntityType | None) -> list[Option]:
    """What can be filtered by, in the order of the menu."""
    names = [("title", gettext("Name"))]
    if entity_type is not None:
        names += [(key, text_of(field.label)) for key, field in entity_type.fields.items() if operators_of(entity_type, key)]
    if entity_type is not None and entity_type.kind == "role":
        names += [("since", gettext("Since")), ("until", gettext("Until"))]
    names += [
        ("department", gettext("Department")), ("owner", gettext("Owner")), ("created_at", gettext("Created")),
        ("updated_at", gettext("Changed")),
    ]
    return [Option(key, label) for key, label in dict(reversed(names)).items()][::-1]


def operators_of(entity_type: EntityType | None, key: str) -> tuple[str, ...]:
    """The operators offered for a field; none when it cannot be filtered by."""
    if entity_type is None or key not in entity_type.fields:
        return _SYSTEM.get(key, ())
    field, field_type = entity_type.fields[key], entity_type.field_type(key)
    if (field.formula and not field.stored) or key in unusable_columns(entity_type):
        return ()
    kind = "many" if field_type.is_multiple(field) else _FAMILY.get(_cell(entity_type, key), "text")
    possible = field_type.operators_for(field)
    return tuple(name for name in _OFFERED[kind] if name in possible)


def _cell(entity_type: EntityType, key: str) -> str:
    field_type = entity_type.field_type(key)
    return field_type.expression_type or "text" if field_type.cell == "computed" else field_type.cell


def label_of(entity_type: EntityType | None, key: str) -> str:
    """The word for a field in a filter."""
    return next((option.label for option in filter_fields(entity_type) if option.value == key), key)


def linked_in(entity_type: EntityType | None, filters: Sequence[Filter]) -> set[UUID]:
    """The entities that filters name, so that their titles can be read with those of the rows."""
    found: set[UUID] = set()
    fields = entity_type.fields if entity_type else {}
    for one in filters:
        if one.field in fields and fields[one.field].type in ("link", "links"):
            for part in str(one.value).split(","):
                try:
                    found.add(UUID(part.strip()))
                except ValueError:
                    continue
    return found


def value_words(uow: UnitOfWork, entity_type: EntityType | None, one: Filter, titles: Mapping[UUID, Title]) -> str:
    """The value of a filter as people say it."""
    if one.operator in _UNARY:
        return ""
    text = str(one.value)
    if one.operator == "between":
        low, _, high = text.partition("..")
        ends = [_one_value(uow, entity_type, one.field, end, titles) if end else "…" for end in (low, high)]
        return " – ".join(ends)
    parts = text.split(",") if one.operator in ("in", "has_any", "has_none") else [text]
    return ", ".join(_one_value(uow, entity_type, one.field, part.strip(), titles) for part in parts)


def _one_value(uow: UnitOfWork, entity_type: EntityType | None, key: str, text: str, titles: Mapping[UUID, Title]) -> str:
    if entity_type is None or key not in entity_type.fields:
        return _system_value(uow, key, text)
    field, field_type = entity_type.fields[key], entity_type.field_type(key)
    try:
        value = field_type.parse_one(field, text, uow.parse_context)
    except InvalidValue:
        return text
    if isinstance(value, UUID):
        return titles[value].title if value in titles else gettext("(hidden)")
    return typography(field_type.format_one(field, value, language())) if value is not None else text


def _system_value(uow: UnitOfWork, key: str, text: str) -> str:
    if key == "owner" and text == "me":
        return str(gettext("me"))
    if key == "department":
        return next((item.name for item in get_tree(uow).by_id.values() if str(item.id) == text), text)
    if key in ("created_at", "updated_at", "since", "until"):
        try:
            return format_date(date.fromisoformat(text))
        except ValueError:
            return text
    return text


def composer(uow: UnitOfWork, entity_type: EntityType | None, args: MultiDict[str, str], problem: str = "") -> Composer | None:
    """The form for the field named by ``add``; None when there is no such field."""
    key = args.get("add", "")
    operators = operators_of(entity_type, key)
    if not operators:
        return None
    words = operator_words()
    options = tuple(Option(name, words[name]) for name in operators)
    label = label_of(entity_type, key)
    value = _value_input(uow, entity_type, key, label, args) if operators != _UNARY else None
    until = None
    if value is not None and "between" in operators:
        until = FieldInput(name="to", kind=value.kind, label=gettext("and (if between)"), value=args.get("to", ""))
    return Composer(key, label, options, value, until, problem)


def _value_input(
    uow: UnitOfWork, entity_type: EntityType | None, key: str, label: str, args: MultiDict[str, str]
) -> FieldInput:
    text, several = args.get("value", ""), tuple(args.getlist("value"))
    if entity_type is None or key not in entity_type.fields:
        return _system_input(uow, key, label, text)
    field, family = entity_type.fields[key], _FAMILY.get(_cell(entity_type, key), "text")
    if field.type in ("link", "links"):
        choices = link_choices(uow, field, several, args.get("value__search", ""))
        return FieldInput(
            name="value", kind="link", label=label, value=text, choices=choices, search_url=f"/pick?type={','.join(field.to)}"
        )
    options = value_options(entity_type, key)
    if options:
        multiple = family == "choice" or field.type == "choices"
        kind = "multiselect" if multiple and len(options) <= MOST_CHECKS else "select"
        return FieldInput(name="value", kind=kind, label=label, value=text, values=several, choices=options)
    return FieldInput(name="value", kind="date" if family == "date" else "text", label=label, value=text)


def _system_input(uow: UnitOfWork, key: str, label: str, text: str) -> FieldInput:
    if key == "owner":
        return FieldInput(name="value", kind="select", label=label, value=text or "me", choices=(Option("me", gettext("me")),))
    if key == "department":
        options = tuple(Option(str(item.id), "  " * item.depth + item.name) for item in get_tree(uow).by_id.values())
        return FieldInput(name="value", kind="select", label=label, value=text, choices=options)
    kind = "text" if key == "title" else "date"
    return FieldInput(name="value", kind=kind, label=label, value=text)


def composed(args: MultiDict[str, str]) -> Filter | None:
    """The filter that a filled-in form asks for; None while no operator was chosen."""
    operator = args.get("op", "")
    if not operator or not args.get("add"):
        return None
    values = [value.strip() for value in args.getlist("value") if value.strip()]
    if operator in _UNARY:
        return Filter(args["add"], operator, "")
    if operator == "between":
        return Filter(args["add"], operator, f"{values[0] if values else ''}..{args.get('to', '').strip()}")
    return Filter(args["add"], operator, ",".join(values))


def is_complete(one: Filter) -> bool:
    """Whether a filter has the value it needs."""
    return one.operator in _UNARY or str(one.value).strip("., ") != ""


__all__ = [
    "Chip", "Composer", "composed", "composer", "filter_fields", "is_complete", "label_of", "linked_in",
    "operator_words", "operators_of", "value_words",
]
