# SPDX-License-Identifier: Apache-2.0
"""What is checked in the declaration of every field: options that fit the type, and do not contradict each other."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from xrm.errors import Message, msg
from xrm.schema.fields.parsing import InvalidValue, ParseContext
from xrm.schema.model import Field

if TYPE_CHECKING:  # base imports this module
    from xrm.schema.fields.base import FieldType

# Options of a declaration that only some types have; the others (label, required, search …) go with every type.
TYPE_OPTIONS = ("min", "max", "length", "pattern", "scale", "choices", "to", "inverse", "dated", "if_gone", "formula", "stored")
_NEUTRAL = {option.name: option.default for option in dataclasses.fields(Field)}


def check_field(field_type: FieldType, field: Field) -> list[Message]:
    """All problems of a declaration with its type; empty when it is sound. Each says what to write instead."""
    problems = _foreign_options(field_type, field) or _range(field_type, field)
    problems += _several(field_type, field)
    if not problems:
        problems = field_type.check_options(field)
    return problems or _default(field_type, field)


def _foreign_options(field_type: FieldType, field: Field) -> list[Message]:
    problems = []
    for option in TYPE_OPTIONS:
        if option not in field_type.options and getattr(field, option) != _NEUTRAL[option]:
            known = ", ".join(sorted(field_type.options)) or "–"
            problems.append(
                msg(
                    "The type {type} has no option {option}. Remove it; its own options are: {known}.",
                    type=field_type.name,
                    option=option,
                    known=known,
                )
            )
    return problems


def _several(field_type: FieldType, field: Field) -> list[Message]:
    problems = []
    if field.many and not field_type.can_be_many:
        instead = {"choice": "choices", "link": "links"}.get(field_type.name)
        if instead:
            problems.append(
                msg(
                    "The type {type} holds one value. Write type: {instead} and remove many.",
                    type=field_type.name,
                    instead=instead,
                )
            )
        else:
            problems.append(msg("The type {type} does not go with many. Remove many.", type=field_type.name))
    if field.unique and (field_type.is_multiple(field) or not field_type.can_be_indexed):
        problems.append(msg("The type {type} cannot be unique here. Remove unique.", type=field_type.name))
    if field.index and not field_type.can_be_indexed:
        problems.append(msg("The type {type} cannot be indexed. Remove index.", type=field_type.name))
    return problems


def _range(field_type: FieldType, field: Field) -> list[Message]:
    bounds: dict[str, Any] = {}
    problems = []
    free = dataclasses.replace(field, min=None, max=None)
    for option in ("min", "max"):
        given = getattr(field, option)
        if given is None:
            continue
        try:
            bounds[option] = field_type.bound(free, given, ParseContext())
        except InvalidValue as error:
            problems.append(
                msg("{option}: {given} does not fit the type. {reason}", option=option, given=str(given), reason=str(error))
            )
    if len(bounds) == 2 and bounds["min"] > bounds["max"]:
        problems.append(
            msg("min: {low} is above max: {high}. Exchange them, or remove one.", low=str(field.min), high=str(field.max))
        )
    return problems


def _default(field_type: FieldType, field: Field) -> list[Message]:
    if field.default is None or (isinstance(field.default, str) and field.default.startswith("=")):
        return []
    try:
        field_type.parse(field, field.default, ParseContext())
    except InvalidValue as error:
        return [msg("default: {given} is no value of this field. {reason}", given=str(field.default), reason=str(error))]
    return []
