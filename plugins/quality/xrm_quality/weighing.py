# SPDX-License-Identifier: Apache-2.0
"""From facts about one party to its value and reasons. Every weight of the model stands here."""

from __future__ import annotations

from collections.abc import Sequence

from xrm.plugin_api import Label, Reason, label
from xrm_quality.fields import KeyField

# Which fields are empty, ways to reach the party, filled and asked fields of its open facets, years since anything happened.
Facts = tuple[tuple[bool, ...], frozenset[str], int, int, int]
Weighed = tuple[float, tuple[Reason, ...]]
MOST_KNOWN = 20_000

CONTACT_KINDS = {"email": "email", "phone": "phone", "mobile": "phone", "postal": "postal"}
CONTACT_WEIGHTS = {"email": 25.0, "phone": 15.0, "postal": 10.0}
FIELD_WEIGHT, TITLE_WEIGHT = 5.0, 10.0
FACET_WEIGHT = 15.0
# Years without a change or contact → what is left of the value.
FRESHNESS = {0: 1.0, 1: 0.9, 2: 0.8, 3: 0.65, 4: 0.55}
STALE = 0.5
MISSING = {
    "email": label("No e-mail address", "Pas d’adresse électronique"),
    "phone": label("No phone number", "Pas de numéro de téléphone"),
    "postal": label("No postal address", "Pas d’adresse postale"),
}


class Scale:
    """Weighs the parties of one type; what was weighed once is remembered, since most parties lack the same few things."""

    def __init__(self, fields: Sequence[KeyField]) -> None:
        self._fields = tuple(fields)
        self._known: dict[Facts, Weighed] = {}

    def weigh(self, facts: Facts) -> Weighed:
        """The value from 0 to 100 and its reasons, the heaviest first; their weights and 100 add up to the value."""
        found = self._known.get(facts)
        if found is None:
            if len(self._known) > MOST_KNOWN:
                self._known.clear()
            found = self._known[facts] = self._weighed(*facts)
        return found

    def _weighed(self, is_empty: tuple[bool, ...], reachable_by: frozenset[str], filled: int, asked: int, years: int) -> Weighed:
        total = sum(map(_weight, self._fields)) + sum(CONTACT_WEIGHTS.values()) + (FACET_WEIGHT if asked else 0)
        lost = [(MISSING[kind], weight) for kind, weight in CONTACT_WEIGHTS.items() if kind not in reachable_by]
        empty = [one for one, lacks in zip(self._fields, is_empty, strict=True) if lacks]
        if empty:
            lost.append((_empty(empty), sum(map(_weight, empty))))
        if filled < asked:
            lost.append((_facets(asked - filled, asked), FACET_WEIGHT * (asked - filled) / asked))
        points = [(message, 100 * weight / total) for message, weight in lost]
        complete = 100 - sum(weight for _, weight in points)
        value = complete * FRESHNESS.get(years, STALE)
        if value < complete:
            points.append((_stale(years), complete - value))
        points.sort(key=lambda point: -point[1])
        return round(value, 1), tuple(Reason(message, -round(weight, 1)) for message, weight in points)


def _facets(empty: int, asked: int) -> Label:
    return label(f"{empty} of {asked} main fields of its roles are empty",
                 f"{empty} champs principaux de ses rôles sur {asked} sont vides")


def _empty(fields: Sequence[KeyField]) -> Label:
    return label("Empty: " + ", ".join(one.english for one in fields), "Vide : " + ", ".join(one.french for one in fields))


def _stale(years: int) -> Label:
    if years == 1:
        return label("Nothing new for a year", "Rien de nouveau depuis un an")
    return label(f"Nothing new for {years} years", f"Rien de nouveau depuis {years} ans")


def _weight(field: KeyField) -> float:
    return TITLE_WEIGHT if field.is_in_title else FIELD_WEIGHT
