# SPDX-License-Identifier: Apache-2.0
"""What a new or changed row is held against: defaults, conditions and demands of its declaration."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from xrm.errors import InvalidInput
from xrm.schema.fielded import Fielded
from xrm.schema.fields.base import ParseContext
from xrm.schema.fields.builtin import FIELD_TYPES
from xrm.schema.fields.computed import ComputedType
from xrm.schema.model import Choice, Field, Label
from xrm.schema.validation import Situation, validate_change, validate_new

LABEL = Label({"en": "Field", "fr": "Champ"})
CHOICES = tuple(Choice(key=key, label=LABEL) for key in ("open", "blocked"))
SITUATION = Situation(ParseContext(), SimpleNamespace(today=date(2026, 3, 1), now=datetime(2026, 3, 1, tzinfo=UTC)))


def declared(**options: dict[str, Any]) -> Fielded:
    """Fields of the given options; text unless they say something else."""
    fields = {key: Field(**{"key": key, "type": "text", "label": LABEL, **given}) for key, given in options.items()}
    types = {key: FIELD_TYPES[field.type] for key, field in fields.items()}
    number = ComputedType(FIELD_TYPES["decimal"])
    return Fielded(fields, {key: number if fields[key].formula else one for key, one in types.items()}, None, {})


ACCOUNT = declared(
    name={"required": True},
    status={"type": "choice", "choices": CHOICES, "default": "open"},
    reason={"when": 'status == "blocked"', "required": 'name == "Acme"'},
    level={"type": "integer", "default": 3},
)


def paths(fielded: Fielded, raw: dict[str, object], current: dict[str, Any] | None = None) -> list[tuple[str, str]]:
    """The problems of what was given: where, and the beginning of what is said."""
    check = partial(validate_new, fielded, raw) if current is None else partial(validate_change, fielded, raw, current)
    with pytest.raises(InvalidInput) as caught:
        check(SITUATION)
    return [(problem.path, str(problem.message).split(".")[0]) for problem in caught.value.problems]


@pytest.mark.parametrize(("formula", "scale", "made"), [
    ("a * b", None, Decimal("6.00")), ("a / b", 2, Decimal("0.67")), ("-a / b", 2, Decimal("-0.67")),
    ("a / 400", 2, Decimal("0.01")), ("-a / 400", 2, Decimal("-0.01")), ("a + c", 0, None),
])
def test_what_a_formula_makes_is_kept_rounded_to_its_scale(formula: str, scale: int | None, made: Decimal | None) -> None:
    computed = {"type": "computed", "formula": formula, "stored": True, "scale": scale}
    whole = {"type": "integer"}
    fielded = declared(a=whole, b=whole, c=whole, made=computed)

    kept = validate_new(fielded, {"a": 2, "b": 3}, SITUATION)["made"]

    assert (kept, None if kept is None else -kept.as_tuple().exponent) == (made, None if made is None else scale or 2)


def test_what_is_too_large_to_be_kept_is_said_at_its_field() -> None:
    computed = {"type": "computed", "formula": "a * 1", "stored": True}
    fielded = declared(a={"type": "integer"}, made=computed)

    assert paths(fielded, {"a": 2**62}) == [("made", "The number is too large")]


def test_a_new_row_has_each_field_with_its_default_and_keeps_what_is_given_even_if_empty() -> None:
    assert validate_new(ACCOUNT, {"level": None, "name": " Acme "}, SITUATION) == {
        "name": "Acme", "status": "open", "reason": None, "level": None,
    }


def test_a_retired_choice_is_kept_by_who_has_it_and_taken_by_nobody() -> None:
    choices = (Choice(key="open", label=LABEL), Choice(key="lost", label=LABEL, retired=True))
    fielded = declared(status={"type": "choice", "choices": choices}, note={})

    assert validate_change(fielded, {"status": "lost", "note": "x"}, {"status": "lost", "note": None}, SITUATION) == {"note": "x"}
    assert paths(fielded, {"status": "lost"}) == [("status", "“lost” is retired and cannot be chosen any more")]
    assert paths(fielded, {"status": "lost"}, {"status": "open", "note": None}) == [
        ("status", "“lost” is retired and cannot be chosen any more")
    ]


def test_a_default_that_is_reckoned_sees_only_the_defaults_before_it() -> None:
    fielded = declared(
        first={"type": "integer", "default": 1},
        sum={"type": "integer", "default": "=coalesce(first, 0) + coalesce(last, 0)"},
        last={"type": "integer", "default": 10},
    )
    found = [validate_new(fielded, raw, SITUATION)["sum"] for raw in ({}, {"last": 5}, {"first": None}, {"sum": 7})]
    assert found == [1, 6, 0, 7]


def test_defaults_are_read_anew_for_another_reader() -> None:
    fielded = declared(amount={"type": "money", "default": "12"})
    euros, dollars = (
        validate_new(fielded, {}, Situation(ParseContext(currency=currency), SITUATION.clock))["amount"].currency
        for currency in ("EUR", "USD")
    )
    assert (euros, dollars) == ("EUR", "USD")


def test_a_field_whose_condition_fails_is_emptied_and_not_asked_for() -> None:
    assert validate_new(ACCOUNT, {"name": "Acme", "reason": "late"}, SITUATION)["reason"] is None
    assert validate_new(ACCOUNT, {"name": "Beta", "status": "blocked"}, SITUATION)["reason"] is None
    assert paths(ACCOUNT, {"name": "Acme", "status": "blocked"}) == [("reason", "This is needed")]


def test_every_problem_is_told_once_at_its_field_in_the_order_of_the_input() -> None:
    fielded = declared(name={"required": True}, size={"type": "integer"}, twice={"type": "computed", "formula": "size * 2"})
    assert paths(fielded, {"nmae": "x", "size": "big", "twice": 4, "name": "\x07"}) == [
        ("nmae", 'Unknown field "nmae"'),
        ("size", "“big” is not a number"),
        ("twice", "This field is computed"),
        ("name", "The text has an invisible control character (U+0007) at position 1"),
    ]


def test_a_change_gives_what_differs_and_nothing_when_nothing_does() -> None:
    current = validate_new(ACCOUNT, {"name": "Beta", "status": "blocked", "reason": "late"}, SITUATION)
    assert validate_change(ACCOUNT, {"name": "Beta ", "level": "3"}, current, SITUATION) == {}
    assert validate_change(ACCOUNT, {"level": 4, "status": "open"}, current, SITUATION) == {
        "status": "open", "reason": None, "level": 4,
    }


def test_a_value_that_was_missing_before_is_asked_for_only_where_it_is_sent() -> None:
    lacking = {"name": None, "status": "blocked", "reason": None, "level": 1}
    assert validate_change(ACCOUNT, {"level": 2}, lacking, SITUATION) == {"level": 2}
    assert paths(ACCOUNT, {"name": "", "level": 2}, lacking) == [("name", "This is needed")]
    assert paths(ACCOUNT, {"name": "Acme"}, lacking) == [("reason", "This is needed")]
