# SPDX-License-Identifier: Apache-2.0
"""What each type of field takes, what it makes of it, and what it refuses."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.core.schema.fields.examples import AMERICAN, CHOICES, ENGLISH, FRENCH, ID, OTHER_ID, parsed
from xrm.schema.fields.base import InvalidValue, ParseContext
from xrm.schema.fields.builtin import FIELD_TYPES
from xrm.schema.fields.characters import require_plain, text_of
from xrm.schema.fields.money import Money
from xrm.schema.fields.places import Address

NO_BREAK, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"

TAKEN: list[tuple[str, object, ParseContext, Any]] = [
    ("text", "  Jean  Dupont ", ENGLISH, "Jean  Dupont"),
    ("text", 1234.0, ENGLISH, "1234"),
    ("long_text", "one\r\ntwo\rthree", ENGLISH, "one\ntwo\nthree"),
    ("rich_text", '<p onclick="x()">Hi<script>alert(1)</script></p>', ENGLISH, "<p>Hi</p>"),
    ("rich_text", "<p> </p>", ENGLISH, None),
    ("integer", f"1{NARROW}234{NO_BREAK}567", FRENCH, 1234567),
    ("integer", "1,234", ENGLISH, 1234),
    ("integer", 12.0, ENGLISH, 12),
    ("integer", "\N{MINUS SIGN}3", ENGLISH, -3),
    ("decimal", "1 234,50", FRENCH, Decimal("1234.50")),
    ("decimal", "1.234,5", FRENCH, Decimal("1234.50")),
    ("decimal", "1234.5", FRENCH, Decimal("1234.50")),
    ("decimal", "1,234.5", ENGLISH, Decimal("1234.50")),
    ("decimal", 0.1, ENGLISH, Decimal("0.10")),
    ("decimal", "2'500", FRENCH, Decimal("2500.00")),
    ("percent", f"12,5{NO_BREAK}%", FRENCH, Decimal("12.50")),
    ("money", f"1{NARROW}234,50{NO_BREAK}€", FRENCH, Money(Decimal("1234.50"), "EUR")),
    ("money", "$12", AMERICAN, Money(Decimal("12.00"), "USD")),
    ("money", "12 chf", ENGLISH, Money(Decimal("12.00"), "CHF")),
    ("money", 12, ENGLISH, Money(Decimal("12.00"), "EUR")),
    ("money", {"amount": "3.2", "currency": "JPY"}, ENGLISH, Money(Decimal("3.20"), "JPY")),
    ("money", {"amount": " ", "currency": "EUR"}, ENGLISH, None),
    ("yes_no", "Oui", FRENCH, True),
    ("yes_no", "off", ENGLISH, False),
    ("yes_no", 0, ENGLISH, False),
    ("date", "31/01/2026", FRENCH, date(2026, 1, 31)),
    ("date", "02/01/2026", ENGLISH, date(2026, 1, 2)),
    ("date", "02/01/2026", AMERICAN, date(2026, 2, 1)),
    ("date", "2026-01-02", ENGLISH, date(2026, 1, 2)),
    ("date", "2026-01-2 ", ENGLISH, date(2026, 1, 2)),
    ("date", "1er févr. 2026", FRENCH, date(2026, 2, 1)),
    ("date", "31 janvier 2026", ENGLISH, date(2026, 1, 31)),
    ("date", "January 2nd, 2026", ENGLISH, date(2026, 1, 2)),
    ("date", "1996-07-04 00:00:00.000", ENGLISH, date(1996, 7, 4)),
    ("date", datetime(2026, 1, 2), ENGLISH, date(2026, 1, 2)),  # noqa: DTZ001 - a spreadsheet gives days so
    ("date", "today - 2", ENGLISH, date(2026, 2, 27)),
    ("datetime", "31/01/2026 14h30", FRENCH, datetime(2026, 1, 31, 13, 30, tzinfo=UTC)),
    ("datetime", "2026-01-31 2:30 pm", ENGLISH, datetime(2026, 1, 31, 13, 30, tzinfo=UTC)),
    ("datetime", "2026-07-31T14:30:00-05:00", ENGLISH, datetime(2026, 7, 31, 19, 30, tzinfo=UTC)),
    ("duration", "1h30", FRENCH, timedelta(minutes=90)),
    ("duration", "2 days 45 min", ENGLISH, timedelta(days=2, minutes=45)),
    ("duration", "PT15S", ENGLISH, timedelta(seconds=15)),
    ("choice", "actif", FRENCH, "active"),
    ("choice", "On hold", FRENCH, "on_hold"),
    ("choice", "lost", ENGLISH, "lost"),
    ("choices", "Active, On hold, active", ENGLISH, ("active", "on_hold")),
    ("tags", ["Golf", "golf", " Opéra "], ENGLISH, ("Golf", "Opéra")),
    ("tags", "#golf, opéra; voile", FRENCH, ("golf", "opéra", "voile")),
    ("email", " mailto:Jean@EXAMPLE.org", ENGLISH, "Jean@example.org"),
    ("phone", "06 12 34 56 78", FRENCH, "+33612345678"),
    ("phone", "(212) 555-0100 x12", AMERICAN, "+12125550100;ext=12"),
    ("url", "Example.ORG/Path", ENGLISH, "https://example.org/Path"),
    ("url", "HTTP://[::1]:80/", ENGLISH, "http://[::1]:80/"),
    ("url", "mailto:jean@EXAMPLE.org?subject=x", ENGLISH, "mailto:jean@example.org?subject=x"),
    *[("country", raw, ENGLISH, "DE") for raw in ("Germany", "Allemagne", "de", "DEU", "Deutschland")],
    *[("country", raw, FRENCH, "GB") for raw in ("UK", "United Kingdom", "royaume uni", "GBR", "England")],
    *[("country", raw, FRENCH, "US") for raw in ("USA", "Etats-Unis", "United States", "États-Unis")],
    ("country", "NO", ENGLISH, "NO"),
    ("country", "Côte d’Ivoire", FRENCH, "CI"),
    *[("language", raw, ENGLISH, "fr") for raw in ("fr", "FR", "fra", "French", "français")],
    ("language", "pt_br", ENGLISH, "pt-BR"),
    ("address", {"street": "1 rue X\nBât. B", "country": "Suisse"}, FRENCH, Address("1 rue X", "Bât. B", country="CH")),
    ("address", "1 rue X | | 75002 | Paris | | France", FRENCH, Address("1 rue X", "", "75002", "Paris", "", "FR")),
    ("address", "1 rue X, Paris", FRENCH, Address("1 rue X, Paris")),
    ("address", {"street": " ", "city": None}, FRENCH, None),
    ("link", str(ID).upper(), ENGLISH, ID),
    ("links", [str(ID), OTHER_ID, ID], ENGLISH, (ID, OTHER_ID)),
    ("rating", "4", ENGLISH, 4),
    ("json", '{"a": [1]}', ENGLISH, {"a": [1]}),
    ("vat_number", "FR 83 404 833 048", FRENCH, "FR83404833048"),
    ("vat_number", "83404833048", FRENCH, "FR83404833048"),
    ("vat_number", "GR123456789", ENGLISH, "EL123456789"),
    ("vat_number", "CHE-123.456.788 TVA", ENGLISH, "CHE123456788TVA"),
    ("company_number", "732 829 320 00074", FRENCH, "73282932000074"),
    ("company_number", "no : 923 609 016", FRENCH, "NO:923609016"),
    ("company_number", "923609017", AMERICAN, "923609017"),
    ("company_number", "HRB 12345", FRENCH, "HRB12345"),
    ("siret", "356 000 000 00048", FRENCH, "35600000000048"),
    ("iban", "fr76 3000 6000 0112 3456 7890 189", FRENCH, "FR7630006000011234567890189"),
]

REFUSED: list[tuple[str, object, ParseContext]] = [
    *[
        (name, bad, ENGLISH) for name in ("text", "long_text", "rich_text", "tags", "email", "url", "address")
        for bad in ("a\x00b", "a\ud800b")
    ],
    *[("text", bad, ENGLISH) for bad in ("a\x1bb", "a\x7fb", "a\nb", "a\tb", "x" * 251, True, ["a"], {"a": 1}, b"a")],
    *[("long_text", bad, ENGLISH) for bad in ("a\x0bb", "x" * 100_001)],
    *[
        ("integer", bad, ENGLISH)
        for bad in (2**63, "1.5", "1e5", "inf", float("nan"), True, "12 34", "1,5", "1,2345", "٣", [1], "x" * 200)
    ],
    *[("decimal", bad, ENGLISH) for bad in ("1,50", "0.123", "92233720368547758.08", Decimal("1E+999999"), Decimal("1E-999999"))],
    *[("money", bad, FRENCH) for bad in ("€", "12 KWX", "EUR 12 USD", {"amount": 1, "unit": "EUR"}, {"amount": [1]}, "1,234")],
    *[("yes_no", bad, ENGLISH) for bad in ("maybe", 2, 1.5, ["yes"])],
    *[
        ("date", bad, FRENCH)
        for bad in ("2026-02-30", "2026-W05-1", "01/31/2026", "3.4.26", "32 mars 2026", "3 marz 2026", 20260131)
    ],
    *[("date", "today + 99999999", context) for context in (ENGLISH, FRENCH)],
    ("date", datetime(2026, 1, 2, 14, tzinfo=UTC), ENGLISH),
    *[("datetime", bad, ENGLISH) for bad in ("2026-01-31 25:00", "0001-01-01T00:00:00+14:00", "2026-01-31 13:00 pm", "soon", 5)],
    *[("duration", bad, ENGLISH) for bad in ("30", 30, "P")],
    *[("duration", bad, ENGLISH) for bad in ("1:75", timedelta(microseconds=1), "999999999 days 24 h")],
    *[("choice", bad, FRENCH) for bad in ("nope", "Perdu", True)],
    ("tags", ["a,b"], ENGLISH),
    *[
        ("email", bad, ENGLISH)
        for bad in ("jean", "a@b", "a b@example.org", "a@example.org, b@example.org", "a@example.org\nBcc: b@example.org")
    ],
    *[("phone", bad, FRENCH) for bad in ("12", "abc", "+999 123456", "06 12 34 56 78 90 12 34 56")],
    *[
        ("url", bad, ENGLISH)
        for bad in (
            "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "vbscript:x", "data:text/html,x", "file:///etc/passwd",
            "ftp://example.org", "http://user:word@example.org", "https://", "https:///x", "http:example.org", "foo",
            "https://a b.org",
            "https://example.org\\@evil.org", "https://example.org:99999", "mailto:nobody", "https://exa_mple..org", "https://x.org/\u202egpj",
        )
    ],
    *[("country", bad, ENGLISH) for bad in ("ZZ", "EU", "Atlantis", "F")],
    *[("language", bad, ENGLISH) for bad in ("klingonish", "zxx", "und")],
    *[
        ("address", bad, ENGLISH)
        for bad in ({"town": "Paris"}, {"city": "a\nb"}, {"country": "Atlantis"}, "a | b", {"street": "x" * 201})
    ],
    *[("link", bad, ENGLISH) for bad in ("1", "{" + str(ID) + "}", 5, "urn:uuid:" + str(ID), str(ID)[:-1] + "g")],
    *[("rating", bad, ENGLISH) for bad in (6, -1, "4.5")],
    *[
        ("json", bad, ENGLISH)
        for bad in ("[1", "3", '"a"', "[NaN]", [float("inf")], "[" * 100_000, {"a": "\x00"}, {1: 2}, [2**63], [b"a"])
    ],
    ("json", ["x" * 100_001], ENGLISH),
    ("computed", "x", ENGLISH),
    *[("vat_number", bad, FRENCH) for bad in ("FR83404833047", "FR84404833048", "404833048", "DE12345", "XX123456789", "-")],
    *[("company_number", bad, FRENCH) for bad in ("404833047", "73282932000075", "FR:404833047", "NOR:1234", "a", "<script>")],
    *[("siren", bad, FRENCH) for bad in ("732829321", "73282932", "٧٣٢٨٢٩٣٢٠")],
    ("siret", "73282932000075", FRENCH),
    *[("iban", bad, FRENCH) for bad in ("FR7630006000011234567890188", "FR1")],
    ("lei", "5493001KJTIIGC8Y1R13", FRENCH),
]  # fmt: skip


@pytest.mark.parametrize(("name", "raw", "context", "value"), TAKEN)
def test_input_is_taken_for_what_it_means(name: str, raw: object, context: ParseContext, value: Any) -> None:
    found = parsed(name, raw, context)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(("name", "raw", "context"), REFUSED)
def test_bad_input_is_refused_with_a_remedy(name: str, raw: object, context: ParseContext) -> None:
    with pytest.raises(InvalidValue) as caught:
        parsed(name, raw, context)
    assert len(str(caught.value).split(". ")) > 1 or ": " in str(caught.value)
    assert "{" not in str(caught.value).replace("{…}", "").replace(str(raw), "")


def test_a_text_is_taken_at_once_only_if_its_characters_would_pass_one_by_one() -> None:
    printable = "".join(character for character in map(chr, range(sys.maxunicode + 1)) if character.isprintable())
    require_plain(printable)
    assert text_of(printable) == printable.strip()


@pytest.mark.parametrize("name", list(FIELD_TYPES))
@pytest.mark.parametrize("raw", [object(), b"x", 10**5000, float("inf"), Decimal("sNaN")], ids=type)
def test_no_input_breaks_a_type(name: str, raw: object) -> None:
    with pytest.raises(InvalidValue):
        parsed(name, raw)


@pytest.mark.parametrize("name", [name for name in FIELD_TYPES if name != "computed"])
@pytest.mark.parametrize("raw", [None, "", "  "])
def test_nothing_is_read_as_empty(name: str, raw: object) -> None:
    found = parsed(name, raw)
    assert found == (() if FIELD_TYPES[name].multiple else None)


@pytest.mark.parametrize(
    ("name", "options", "good", "bad"),
    [
        ("text", {"length": 3}, "abc", "abcd"),
        ("text", {"pattern": "[A-Z]{2}"}, "AB", "ABC"),
        ("integer", {"min": 1, "max": 5}, "5", "6"),
        ("decimal", {"min": "0.5"}, "0.50", "0.49"),
        ("decimal", {"scale": 3}, "0.125", "0.1255"),
        ("money", {"max": 100}, "100 USD", "100.01 USD"),
        ("date", {"max": "today"}, "2026-03-01", "2026-03-02"),
        ("datetime", {"min": "2026-01-01"}, "2026-01-01 00:00", "2025-12-31 23:59"),
        ("duration", {"max": "8 h"}, "8:00", "8:01"),
        ("rating", {"max": 3}, "3", "4"),
    ],
)
def test_limits_of_the_declaration_hold_to_the_last_value(name: str, options: dict[str, Any], good: str, bad: str) -> None:
    assert parsed(name, good, **options) is not None
    with pytest.raises(InvalidValue):
        parsed(name, bad, **options)


def test_field_with_many_values_takes_a_list_or_one_text_and_drops_repetitions() -> None:
    assert parsed("text", 'one; "two; three"; one', many=True) == ("one", "two; three")
    assert parsed("integer", ["1", 2, None, ""], many=True) == (1, 2)
    assert parsed("email", ["Jean@example.org", "jean@example.org"], many=True) == ("Jean@example.org",)


def test_more_values_than_a_person_handles_are_refused() -> None:
    with pytest.raises(InvalidValue, match="500"):
        parsed("integer", list(range(501)), many=True)


def test_label_of_two_choices_names_neither() -> None:
    twins = (*CHOICES, CHOICES[0].__class__("active_too", CHOICES[0].label))
    with pytest.raises(InvalidValue):
        parsed("choice", "Actif", choices=twins)


def test_the_endings_set_aside_are_those_of_the_library() -> None:
    import email_validator  # noqa: PLC0415

    from xrm.schema.fields import contact  # noqa: PLC0415

    assert {name.rpartition(".")[2] for name in email_validator.SPECIAL_USE_DOMAIN_NAMES} == contact._SPECIAL_ENDINGS


@pytest.mark.parametrize(
    ("name", "context", "example"), [("decimal", FRENCH, "1234,50"), ("decimal", ENGLISH, "1234.50"), ("integer", FRENCH, "1234")]
)
def test_the_example_of_a_number_is_one_that_the_reader_could_write(name: str, context: ParseContext, example: str) -> None:
    with pytest.raises(InvalidValue, match=f"like {example}[.]$"):
        parsed(name, "many", context)
