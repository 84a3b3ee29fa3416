# SPDX-License-Identifier: Apache-2.0
"""Arithmetic on integers of 64 bits, as ``xrm.db.exact_numbers`` does it in SQL: what does not fit is unknown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from xrm.db.exact_numbers import MAX_INT64, MIN_INT64
from xrm.db.functions import FIRST_DAY, LAST_DAY

MAX_DIGITS = 30


def fit(number: int) -> int | None:
    """The number if it has 64 bits, else None."""
    return number if MIN_INT64 <= number <= MAX_INT64 else None


def division_steps(power: int) -> tuple[int, int, int]:
    """Two powers of ten whose product is ``10 ** power``, and the greatest divisor they allow."""
    first = 10 ** ((power + 1) // 2)
    return first, 10 ** (power // 2), MAX_INT64 // first


def divide(left: int, right: int, power: int) -> int | None:
    """``left / right`` with ``power`` decimals, half away from zero; None for a divisor of zero or beyond the limit."""
    if right == 0 or abs(right) > division_steps(power)[2]:
        return None
    quotient = (2 * abs(left) * 10**power + abs(right)) // (2 * abs(right))
    return fit(quotient if (left < 0) == (right < 0) else -quotient)


def floor_divide(left: int, right: int) -> int | None:
    """The quotient rounded down; None when divided by zero."""
    return None if right == 0 else fit(left // right)


def modulo(left: int, right: int) -> int | None:
    """What ``floor_divide`` leaves, with the sign of the divisor; None when divided by zero."""
    return None if right == 0 else left % right


def round_off(number: int, divisor: int) -> int:
    """``number / divisor``, half away from zero."""
    quotient = (abs(number) + divisor // 2) // divisor
    return quotient if number >= 0 else -quotient


def scale_up(number: object, scale: int) -> int | None:
    """A number of Python (an amount of money too) as the scaled integer the database would hold; None when it has no room."""
    value = getattr(number, "amount", number)
    decimal = value if isinstance(value, Decimal) else Decimal(str(value))
    if not decimal.is_finite() or decimal.adjusted() > MAX_DIGITS:
        return None
    if decimal.adjusted() < -MAX_DIGITS:
        return 0
    sign, digits, exponent = decimal.as_tuple()
    whole = int("".join(map(str, digits)))
    shift = int(exponent) + scale
    whole = whole * 10**shift if shift >= 0 else round_off(whole, 10**-shift)
    return fit(-whole if sign else whole)


def date_of_day(number: int) -> date | None:
    """The date of a day number; None outside the years 1 to 9999."""
    return date.fromordinal(number) if FIRST_DAY <= number <= LAST_DAY else None


def date_digits(day: date) -> int:
    """The date as the number ``yyyymmdd``."""
    return day.year * 10_000 + day.month * 100 + day.day
