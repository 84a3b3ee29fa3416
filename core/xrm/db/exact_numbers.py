# SPDX-License-Identifier: Apache-2.0
"""Exact arithmetic on integers of 64 bits in SQL, the same on SQLite and PostgreSQL: what does not fit is NULL."""

from __future__ import annotations

from xrm.db.functions import Whole, fence_postgresql, fence_sqlite

MAX_INT64 = 2**63 - 1
MIN_INT64 = -(2**63)

_IN_RANGE = f"v BETWEEN {MIN_INT64} AND {MAX_INT64}"


def _checked(expression: str) -> str:
    return fence_postgresql("CAST(v AS BIGINT)", f"{expression} AS v", where=_IN_RANGE)


class Add(Whole):
    """``a + b``; beyond 64 bits NULL on PostgreSQL, a REAL on SQLite until ``Exact`` makes it NULL."""

    inherit_cache = True
    sqlite = "({0} + {1})"
    postgresql = _checked("CAST({0} AS NUMERIC) + {1}")


class Subtract(Whole):
    """``a - b``; overflow as for ``Add``."""

    inherit_cache = True
    sqlite = "({0} - {1})"
    postgresql = _checked("CAST({0} AS NUMERIC) - {1}")


class Multiply(Whole):
    """``a * b``; overflow as for ``Add``."""

    inherit_cache = True
    sqlite = "({0} * {1})"
    postgresql = _checked("CAST({0} AS NUMERIC) * {1}")


class Exact(Whole):
    """The integer, or NULL where SQLite went over to a REAL because 64 bits did not do."""

    inherit_cache = True
    sqlite = fence_sqlite("v", "{0} AS v", where="typeof(v) = 'integer'")
    postgresql = "{0}"


class Absolute(Whole):
    """The magnitude; NULL for the one integer whose magnitude has no 64 bits."""

    inherit_cache = True
    sqlite = fence_sqlite("abs(v)", "{0} AS v", where=f"v > {MIN_INT64}")
    postgresql = fence_postgresql("abs(v)", "{0} AS v", where=f"v > {MIN_INT64}")


_FLOORED = "x % y <> 0 AND (x % y < 0) <> (y < 0)"
_FLOORED_POSTGRESQL = "mod(x, y) <> 0 AND (mod(x, y) < 0) <> (y < 0)"


class FloorDivide(Whole):
    """The quotient rounded down, NULL when divided by zero; wrap in ``Exact``."""

    inherit_cache = True
    sqlite = fence_sqlite(f"x / y - (CASE WHEN {_FLOORED} THEN 1 ELSE 0 END)", "{0} AS x", "{1} AS y", where="y <> 0")
    postgresql = _checked(
        fence_postgresql(
            f"div(x, y) - (CASE WHEN {_FLOORED_POSTGRESQL} THEN 1 ELSE 0 END)",
            "CAST({0} AS NUMERIC) AS x",
            "CAST({1} AS NUMERIC) AS y",
            where="y <> 0",
        )
    )


class Modulo(Whole):
    """What ``FloorDivide`` leaves, with the sign of the divisor; NULL when divided by zero."""

    inherit_cache = True
    sqlite = fence_sqlite(f"x % y + (CASE WHEN {_FLOORED} THEN y ELSE 0 END)", "{0} AS x", "{1} AS y", where="y <> 0")
    postgresql = _checked(
        fence_postgresql(
            f"mod(x, y) + (CASE WHEN {_FLOORED_POSTGRESQL} THEN y ELSE 0 END)",
            "CAST({0} AS NUMERIC) AS x",
            "CAST({1} AS NUMERIC) AS y",
            where="y <> 0",
        )
    )


class Divide(Whole):
    """``Divide(a, b, p1, p2, limit)``: a·p1·p2 / b, half away from zero, NULL when b is 0 or beyond ±limit; wrap in ``Exact``.

    SQLite has 64 bits only, so it divides by hand in two steps, ``p1`` and ``p2`` being powers of ten
    and ``limit`` the largest divisor whose remainders still fit: ``MAX_INT64 // p1``.
    """

    inherit_cache = True
    sqlite = (
        # A WITH, not subqueries in each other: SQLite's parser has room for about sixty open brackets.
        "(WITH xrm_given AS (SELECT {0} AS x, {1} AS y, {2} AS p1, {3} AS p2, {4} AS most LIMIT 1), "
        "xrm_whole AS (SELECT x / y AS q, x % y AS r, y, p1, p2 FROM xrm_given "
        "WHERE y <> 0 AND y BETWEEN -most AND most LIMIT 1), "
        "xrm_half AS (SELECT q * p1 + (r * p1) / y AS q, (r * p1) % y AS r, y, p2 FROM xrm_whole WHERE y <> 0 LIMIT 1), "
        "xrm_cut AS (SELECT q * p2 + (r * p2) / y AS q, (r * p2) % y AS r, y FROM xrm_half WHERE y <> 0 LIMIT 1) "
        "SELECT q + (CASE WHEN abs(r) * 2 < abs(y) THEN 0 WHEN (r < 0) = (y < 0) THEN 1 ELSE -1 END) FROM xrm_cut WHERE y <> 0)"
    )
    postgresql = _checked(
        fence_postgresql(
            "sign(x) * sign(y) * div(2 * abs(x) * p + abs(y), 2 * abs(y))",
            "CAST({0} AS NUMERIC) AS x",
            "CAST({1} AS NUMERIC) AS y",
            "CAST({2} AS NUMERIC) * {3} AS p",
            "CAST({4} AS NUMERIC) AS most",
            where="y <> 0 AND abs(y) <= most",
        )
    )


_ROUNDED = "v / m + (CASE WHEN v % m >= m / 2 THEN 1 WHEN v % m <= -(m / 2) THEN -1 ELSE 0 END)"


class RoundOff(Whole):
    """``RoundOff(a, m)``: a / m for a power of ten from 10 on, half away from zero."""

    inherit_cache = True
    sqlite = fence_sqlite(_ROUNDED, "{0} AS v", "{1} AS m")
    postgresql = fence_postgresql(_ROUNDED.replace(" % ", " %% "), "CAST({0} AS BIGINT) AS v", "CAST({1} AS BIGINT) AS m")


_ORDER = (
    "CASE WHEN x < y / m THEN -1 WHEN x > y / m THEN 1 WHEN y % m > 0 THEN -1 WHEN y % m < 0 THEN 1 WHEN y % m = 0 THEN 0 END"
)


class OrderScaled(Whole):
    """``OrderScaled(a, b, m)``: -1, 0 or 1 as a·m is less than, equal to or greater than b, without multiplying."""

    inherit_cache = True
    sqlite = fence_sqlite(_ORDER, "{0} AS x", "{1} AS y", "{2} AS m", where="x IS NOT NULL")
    postgresql = fence_postgresql(
        _ORDER.replace(" % ", " %% "),
        "CAST({0} AS BIGINT) AS x",
        "CAST({1} AS BIGINT) AS y",
        "CAST({2} AS BIGINT) AS m",
        where="x IS NOT NULL",
    )
