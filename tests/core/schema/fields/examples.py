# SPDX-License-Identifier: Apache-2.0
"""Fields of every type, and values that each of them holds."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from xrm.schema.fields.base import ParseContext
from xrm.schema.fields.builtin import FIELD_TYPES
from xrm.schema.fields.money import Money
from xrm.schema.fields.places import Address
from xrm.schema.model import Choice, Field, Label

ENGLISH = ParseContext(language="en", now=datetime(2026, 3, 1, 12, tzinfo=UTC), time_zone="Europe/Paris")
FRENCH = ParseContext(language="fr", now=datetime(2026, 3, 1, 12, tzinfo=UTC), time_zone="Europe/Paris")
AMERICAN = ParseContext(language="en", country="US", currency="USD", now=datetime(2026, 3, 1, 12, tzinfo=UTC))

CHOICES = (
    Choice("active", Label({"en": "Active", "fr": "Actif"}), "good"),
    Choice("on_hold", Label({"en": "On hold", "fr": "En pause"})),
    Choice("lost", Label({"en": "Lost", "fr": "Perdu"}), "bad", retired=True),
)
_NEEDED: dict[str, dict[str, Any]] = {
    "choice": {"choices": CHOICES},
    "choices": {"choices": CHOICES},
    "link": {"to": ("person",), "if_gone": "clear"},
    "links": {"to": ("person",), "if_gone": "clear"},
    "computed": {"formula": "1 + 1"},
}
ID = uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8057")
OTHER_ID = uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8058")

VALUES: dict[str, list[Any]] = {
    "text": ["Folk och fä HB", "Œuvre", "a;b", '"quoted"'],
    "long_text": ["one\ntwo\tthree"],
    "rich_text": ["<p>one <strong>two</strong></p>"],
    "integer": [0, -7, 2**63 - 1, -(2**63 - 1)],
    "decimal": [Decimal("0.30"), Decimal("-7.50"), Decimal("92233720368547758.07")],
    "money": [Money(Decimal("1234.50"), "EUR"), Money(Decimal("-0.01"), "USD")],
    "percent": [Decimal("12.50"), Decimal("0.00")],
    "yes_no": [True, False],
    "date": [date(2026, 1, 31), date(1, 1, 1), date(9999, 12, 31)],
    "datetime": [datetime(2026, 1, 31, 14, 30, tzinfo=UTC), datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)],
    "duration": [timedelta(hours=1, minutes=30), -timedelta(seconds=15), timedelta(days=400)],
    "choice": ["active", "lost"],
    "choices": [("active", "lost"), ("on_hold",)],
    "tags": [("golf", "Opéra"), ("un deux",)],
    "email": ["Jean.Dupont@example.org", "é@exämple.fr"],
    "phone": ["+33612345678", "+442079460018;ext=3"],
    "url": ["https://example.org/Path?q=1", "mailto:jean@example.org"],
    "address": [
        Address("1 rue | de \\ la Paix", "Bât. B", "75002", "Paris", "", "FR"),
        Address(city="Springfield", region="IL", country="US"),
    ],
    "country": ["FR", "NO"],
    "language": ["fr", "pt-BR"],
    "link": [ID],
    "links": [(ID, OTHER_ID)],
    "file": [ID],
    "image": [ID],
    "rating": [0, 5],
    "json": [{"a": [1, 2.5, None, True], "é": "\n"}, []],
    "vat_number": ["FR83404833048", "DE123456789"],
    "company_number": ["732829320", "NO:923609016"],
    "siren": ["732829320"],
    "siret": ["73282932000074"],
    "iban": ["FR7630006000011234567890189"],
    "lei": ["5493001KJTIIGC8Y1R12"],
}
EVERY_VALUE = [(name, value) for name, values in VALUES.items() for value in values]


def field_of(type_name: str, key: str = "held", **options: Any) -> Field:
    """A sound declaration of a field of this type, with these options."""
    return Field(key=key, type=type_name, label=Label({"en": "Held", "fr": "Tenu"}), **(_NEEDED.get(type_name, {}) | options))


def parsed(type_name: str, raw: object, context: ParseContext = ENGLISH, **options: Any) -> Any:
    """What a field of this type makes of an input."""
    return FIELD_TYPES[type_name].parse(field_of(type_name, **options), raw, context)
