# SPDX-License-Identifier: Apache-2.0
"""What is printed for files, machines and people; files and machines can give it back."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.schema.fields.examples import ENGLISH, EVERY_VALUE, FRENCH, field_of, parsed
from xrm.schema.fields.base import ParseContext
from xrm.schema.fields.builtin import FIELD_TYPES
from xrm.schema.fields.money import Money
from xrm.schema.fields.places import PARTS, Address

NO_BREAK, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
IN_PARIS = datetime(2026, 1, 31, 13, 30, tzinfo=UTC).astimezone(ZoneInfo("Europe/Paris"))
SPRINGFIELD = Address("", "", "62701", "Springfield", "IL", "US")
GROUPED = NO_BREAK.join(("732", "829", "320", "00074"))
CONTEXTS = pytest.mark.parametrize("context", [ENGLISH, FRENCH], ids=["en", "fr"])


@CONTEXTS
@pytest.mark.parametrize(("name", "value"), EVERY_VALUE)
def test_value_is_taken_as_it_is(name: str, value: Any, context: ParseContext) -> None:
    assert parsed(name, value, context) == value


@CONTEXTS
@pytest.mark.parametrize(("name", "value"), EVERY_VALUE)
def test_cell_of_a_file_gives_the_value_back(name: str, value: Any, context: ParseContext) -> None:
    field, field_type = field_of(name), FIELD_TYPES[name]
    assert field_type.parse(field, field_type.to_text(field, value), context) == value


@CONTEXTS
@pytest.mark.parametrize(("name", "value"), EVERY_VALUE)
def test_json_gives_the_value_back(name: str, value: Any, context: ParseContext) -> None:
    field, field_type = field_of(name), FIELD_TYPES[name]
    written = json.loads(json.dumps(field_type.to_json(field, value)))
    taken = field_type.api_field(field).deserialize(written)
    assert field_type.parse(field, taken, context) == value


@pytest.mark.parametrize(("name", "value"), EVERY_VALUE)
def test_printer_for_many_rows_gives_the_same_json(name: str, value: Any) -> None:
    field, field_type = field_of(name), FIELD_TYPES[name]
    printer = field_type.json_printer(field)
    assert (value if printer is None else printer(value)) == field_type.to_json(field, value)


@pytest.mark.parametrize("name", [name for name in FIELD_TYPES if name != "computed"])
def test_nothing_prints_as_nothing(name: str) -> None:
    field, field_type = field_of(name), FIELD_TYPES[name]
    empty = () if field_type.is_multiple(field) else None
    assert field_type.to_text(field, empty) == field_type.format(field, empty, "fr") == field_type.search_text(field, empty) == ""
    assert field_type.to_json(field, empty) == ([] if empty == () else None)


@pytest.mark.parametrize(
    ("name", "value", "english", "french"),
    [
        ("integer", 1234567, "1,234,567", f"1{NARROW}234{NARROW}567"),
        ("decimal", Decimal("1234.50"), "1,234.5", f"1{NARROW}234,5"),
        ("money", Money(Decimal("1234.50"), "EUR"), "€1,234.50", f"1{NARROW}234,50{NO_BREAK}€"),
        ("money", Money(Decimal("1234.00"), "JPY"), "¥1,234", f"1{NARROW}234{NO_BREAK}JPY"),
        ("percent", Decimal("12.50"), "12.5%", f"12,5{NO_BREAK}%"),
        ("yes_no", False, "No", "Non"),
        ("date", date(2026, 1, 31), "Jan 31, 2026", "31 janv. 2026"),
        ("datetime", IN_PARIS, "Jan 31, 2026 14:30", "31 janv. 2026 14:30"),
        ("duration", timedelta(days=1, minutes=5), f"1{NO_BREAK}d 5{NO_BREAK}min", f"1{NO_BREAK}j 5{NO_BREAK}min"),
        ("choice", "on_hold", "On hold", "En pause"),
        ("choice", "gone", "gone", "gone"),
        ("choices", ("active", "on_hold"), "Active, On hold", "Actif, En pause"),
        ("phone", "+33612345678", "+33 6 12 34 56 78", "+33 6 12 34 56 78"),
        ("url", "https://example.org/", "example.org", "example.org"),
        ("country", "DE", "Germany", "Allemagne"),
        ("language", "de", "German", "allemand"),
        ("address", SPRINGFIELD, "Springfield IL 62701, United States", "Springfield IL 62701, États-Unis"),
        ("address", Address("1 rue X", "", "75002", "Paris", "", "FR"), *["1 rue X, 75002 Paris, France"] * 2),
        ("rating", 4, "4/5", "4/5"),
        ("rich_text", "<p>one</p><p>a &amp; <b>b</b></p>", "one a & b", "one a & b"),
        ("siret", "73282932000074", GROUPED, GROUPED),
        ("computed", Decimal("2.50"), "2.50", "2,50"),
        ("computed", True, "Yes", "Oui"),
    ],
)  # fmt: skip
def test_people_read_it_in_their_language(name: str, value: Any, english: str, french: str) -> None:
    field, field_type = field_of(name), FIELD_TYPES[name]
    assert (field_type.format(field, value, "en"), field_type.format(field, value, "fr")) == (english, french)


@settings(max_examples=25, deadline=None)
@given(st.decimals(min_value=-(10**15), max_value=10**15, places=2))
@CONTEXTS
def test_formatted_number_is_read_again_in_its_language(context: ParseContext, number: Decimal) -> None:
    field, field_type = field_of("decimal"), FIELD_TYPES["decimal"]
    assert field_type.parse(field, field_type.format(field, number, context.language), context) == number


@settings(max_examples=25, deadline=None)
@given(st.dates())
@CONTEXTS
def test_formatted_day_is_read_again_in_its_language(context: ParseContext, day: date) -> None:
    if day.year < 1000:
        return
    field, field_type = field_of("date"), FIELD_TYPES["date"]
    assert field_type.parse(field, field_type.format(field, day, context.language), context) == day


@settings(max_examples=25, deadline=None)
@given(st.timedeltas().map(lambda length: timedelta(days=length.days, seconds=length.seconds)))
def test_length_of_time_survives_file_and_json(length: timedelta) -> None:
    field, field_type = field_of("duration"), FIELD_TYPES["duration"]
    assert field_type.parse(field, field_type.to_json(field, length), ENGLISH) == length
    assert field_type.parse(field, field_type.to_text(field, length), ENGLISH) == length


PLAIN = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=40)


@settings(max_examples=25, deadline=None)
@given(st.lists(PLAIN, max_size=6))
def test_list_of_texts_survives_the_cell_of_a_file(parts: list[str]) -> None:
    field, field_type = field_of("text", many=True), FIELD_TYPES["text"]
    texts = field_type.parse(field, parts, ENGLISH)
    assert field_type.parse(field, field_type.to_text(field, texts), ENGLISH) == texts


@settings(max_examples=25, deadline=None)
@given(st.tuples(*[PLAIN] * (len(PARTS) - 1)))
def test_address_survives_the_cell_of_a_file(parts: tuple[str, ...]) -> None:
    field, field_type = field_of("address"), FIELD_TYPES["address"]
    address = field_type.parse(field, dict(zip(PARTS, parts, strict=False)), ENGLISH)
    assert field_type.parse(field, field_type.to_text(field, address), ENGLISH) == address


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=60))
@pytest.mark.parametrize("name", [name for name in FIELD_TYPES if name != "computed"])
def test_what_is_taken_is_printed_and_taken_again(name: str, raw: str) -> None:
    field, field_type = field_of(name), FIELD_TYPES[name]
    try:
        value = field_type.parse(field, raw, FRENCH)
    except ValueError:
        return
    assert field_type.parse(field, field_type.to_text(field, value), FRENCH) == value
