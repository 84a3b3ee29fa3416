# SPDX-License-Identifier: Apache-2.0
"""Kinds of contact point and what their values become: shown as typed, compared in one normal form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xrm.errors import InvalidInput, Message, Problem, msg
from xrm.folding import fold
from xrm.schema.fields.base import FieldType, InvalidValue, ParseContext
from xrm.schema.fields.characters import is_storable
from xrm.schema.fields.places import Address
from xrm.schema.model import Field, Label
from xrm.schema.suggest import unknown

KINDS = ("email", "phone", "mobile", "fax", "url", "postal")
HANDLE = re.compile(r"handle:[a-z0-9_]{1,30}")
_FIELD_TYPES = {"email": "email", "phone": "phone", "mobile": "phone", "fax": "phone", "url": "url", "postal": "address"}
_DECLARED = {
    kind: Field(key="value", type=name, label=Label({"en": "Value", "fr": "Valeur"})) for kind, name in _FIELD_TYPES.items()
}
_MAXIMUM = 500
_PARTS = ("street", "street2", "postal_code", "city", "region", "country")


@dataclass(frozen=True)
class Reading:
    """A value read: as people see it, as it is compared, and for a postal address its parts."""

    value: str
    normalized: str
    parts: Mapping[str, str] = field(default_factory=dict)


def read_value(
    types: Mapping[str, FieldType], kind: str, raw: object, context: ParseContext, *, lenient: bool = False
) -> Reading:
    """The contact point meant by ``raw`` (text; for ``postal`` also an Address or its parts).

    With ``lenient`` a phone number that no plan of numbers knows is kept as typed, for old data that people still dial.

    Raises:
        InvalidInput: for an unknown kind or a value that cannot be one.
    """
    if HANDLE.fullmatch(kind):
        text = str(raw or "").strip()
        if not text or len(text) > _MAXIMUM or not is_storable(text):
            raise InvalidInput([Problem("value", msg("Give the name used there, at most {most} characters.", most=_MAXIMUM))])
        return Reading(text, fold(text.lstrip("@")))
    if kind not in KINDS:
        raise InvalidInput([Problem("kind", unknown("kind of contact point", kind, (*KINDS, "handle:network")))])
    field_type = types[_FIELD_TYPES[kind]]
    declared = _DECLARED[kind]
    try:
        value = field_type.parse(declared, raw, context)
    except InvalidValue as error:
        if lenient and kind in {"phone", "mobile", "fax"}:
            return _as_dialled(str(raw), error.message)
        raise InvalidInput([Problem("value", error.message)]) from error
    if value is None:
        raise InvalidInput([Problem("value", msg("This is needed. Fill it in."))])
    return _postal(value) if isinstance(value, Address) else _plain(kind, value)


def _plain(kind: str, value: Any) -> Reading:
    text = str(value)
    return Reading(text, text.casefold() if kind == "email" else text)


def _as_dialled(raw: str, message: Message) -> Reading:
    text = " ".join(raw.split())
    digits = re.sub(r"\D", "", text)
    if len(digits) < 3 or len(text) > 60 or not text.isprintable():
        raise InvalidInput([Problem("value", message)])
    return Reading(text, digits)


def _postal(address: Address) -> Reading:
    parts = {name: getattr(address, name) or "" for name in _PARTS}
    line = ", ".join(
        part for part in (parts["street"], parts["street2"], f"{parts['postal_code']} {parts['city']}".strip(), parts["region"],
                          parts["country"]) if part
    )
    return Reading(line, fold(line), parts)
