# SPDX-License-Identifier: Apache-2.0
"""Functions that mean the same on SQLite and PostgreSQL: days, parts of dates, text and its order."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

FIRST_DAY, LAST_DAY = 1, 3_652_059  # 0001-01-01 and 9999-12-31, counted as Python's date.toordinal


def fence_sqlite(result: str, *values: str, where: str = "v IS NOT NULL") -> str:
    """SQL that names its operands as often as it likes and has them computed once."""
    # LIMIT below and WHERE above keep SQLite's flattener from copying the operand to each place it is named:
    # nested copies double at every level.
    return f"(SELECT {result} FROM (SELECT {', '.join(values)} LIMIT 1) WHERE {where})"  # noqa: S608 - patterns are constants


def fence_postgresql(result: str, *values: str, where: str = "v IS NOT NULL") -> str:
    """The same for PostgreSQL."""
    return f"(SELECT {result} FROM (SELECT {', '.join(values)} OFFSET 0) AS s WHERE {where})"  # noqa: S608 - patterns are constants


class Template(FunctionElement[Any]):
    """A function written out per dialect; ``{0}``, ``{1}`` are its operands, each named exactly once."""

    inherit_cache = True
    sqlite: ClassVar[str] = ""
    postgresql: ClassVar[str] = ""


@compiles(Template)
def _write_out(element: Template, compiler: SQLCompiler, **options: Any) -> str:
    pattern = element.postgresql if compiler.dialect.name == "postgresql" else element.sqlite
    return pattern.format(*(compiler.process(operand, **options) for operand in element.clauses))


class Whole(Template):
    """A function whose result is an integer."""

    inherit_cache = True
    type: TypeEngine[int] = BigInteger()


class Least(Template):
    """The smaller of two, NULL when either is; PostgreSQL's own would skip the NULL."""

    inherit_cache = True
    sqlite = "min({0}, {1})"
    postgresql = fence_postgresql("least(x, y)", "{0} AS x", "{1} AS y", where="x IS NOT NULL AND y IS NOT NULL")


class Greatest(Template):
    """The greater of two, NULL when either is."""

    inherit_cache = True
    sqlite = "max({0}, {1})"
    postgresql = fence_postgresql("greatest(x, y)", "{0} AS x", "{1} AS y", where="x IS NOT NULL AND y IS NOT NULL")


class DayNumber(Whole):
    """The date as a number of days, 0001-01-01 being 1."""

    inherit_cache = True
    sqlite = "CAST(julianday({0}) - 1721424.5 AS INTEGER)"
    postgresql = "CAST({0} - DATE '0001-01-01' + 1 AS BIGINT)"


class DateOfDay(Template):
    """The date of a day number; NULL outside the years 1 to 9999."""

    inherit_cache = True
    type: TypeEngine[Any] = Date()
    sqlite = fence_sqlite("date(v + 1721424.5)", "{0} AS v", where=f"v BETWEEN {FIRST_DAY} AND {LAST_DAY}")
    postgresql = fence_postgresql(
        "DATE '0001-01-01' + CAST(v - 1 AS INTEGER)", "{0} AS v", where=f"v BETWEEN {FIRST_DAY} AND {LAST_DAY}"
    )


class DateDigits(Whole):
    """The date as the number ``yyyymmdd``."""

    inherit_cache = True
    sqlite = "CAST(replace({0}, '-', '') AS INTEGER)"
    postgresql = "CAST(to_char({0}, 'YYYYMMDD') AS BIGINT)"


class YearOf(Whole):
    """The year of a date."""

    inherit_cache = True
    sqlite = "CAST(substr({0}, 1, 4) AS INTEGER)"
    postgresql = "CAST(EXTRACT(YEAR FROM {0}) AS BIGINT)"


class MonthOf(Whole):
    """The month of a date, from 1."""

    inherit_cache = True
    sqlite = "CAST(substr({0}, 6, 2) AS INTEGER)"
    postgresql = "CAST(EXTRACT(MONTH FROM {0}) AS BIGINT)"


class DayOfMonth(Whole):
    """The day in the month, from 1."""

    inherit_cache = True
    sqlite = "CAST(substr({0}, 9, 2) AS INTEGER)"
    postgresql = "CAST(EXTRACT(DAY FROM {0}) AS BIGINT)"


class DateOfMoment(Template):
    """The day of a moment in UTC."""

    inherit_cache = True
    type: TypeEngine[Any] = Date()
    sqlite = "substr({0}, 1, 10)"
    postgresql = "CAST(({0}) AT TIME ZONE 'UTC' AS DATE)"


class MidnightOf(Template):
    """The moment a day begins in UTC, as the column type ``UtcDateTime`` keeps it."""

    inherit_cache = True
    type: TypeEngine[Any] = DateTime()
    sqlite = "({0} || ' 00:00:00.000000')"
    postgresql = "(CAST({0} AS TIMESTAMP) AT TIME ZONE 'UTC')"


class TextLength(Whole):
    """The number of characters (code points)."""

    inherit_cache = True
    sqlite = "length({0})"
    postgresql = "CAST(char_length({0}) AS BIGINT)"


class HoldsText(Template):
    """Whether the second text stands somewhere in the first, byte for byte."""

    inherit_cache = True
    type: TypeEngine[Any] = Boolean()
    sqlite = "(instr({0}, {1}) > 0)"
    postgresql = "(strpos({0}, {1}) > 0)"


class Same(Template):
    """Whether two truths are equal."""

    inherit_cache = True
    type: TypeEngine[Any] = Boolean()
    sqlite = "(({0}) = ({1}))"
    postgresql = "(({0}) = ({1}))"


class ByCodePoint(Template):
    """The text, to be ordered by code points."""

    inherit_cache = True
    type: TypeEngine[Any] = Text()
    sqlite = "{0}"
    postgresql = '(({0}) COLLATE "C")'


class WithSteps(Template):
    """The last operand, in which ``step_value(n)`` stands for the n-th: keeps a deep expression flat.

    SQLite's parser gives up at about sixty open brackets.
    """

    inherit_cache = True


@compiles(WithSteps)
def _write_steps(element: WithSteps, compiler: SQLCompiler, **options: Any) -> str:
    *steps, result = (compiler.process(operand, **options) for operand in element.clauses)
    written = ", ".join(f"xrm_step_{number}(v) AS (SELECT {step})" for number, step in enumerate(steps))
    return f"(WITH {written} SELECT {result})"
