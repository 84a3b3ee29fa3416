# SPDX-License-Identifier: Apache-2.0
"""A table, its rows and the expressions that must come out the same in Python and on both databases."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from xrm.db.types import Id, ScaledDecimal, UtcDateTime, key_text
from xrm.folding import fold
from xrm.schema.expressions import Operand, TableColumns

FIELDS = {
    "name": Operand("text"),
    "status": Operand("text"),
    "amount": Operand("number", 2),
    "rate": Operand("number", 4),
    "count": Operand("number"),
    "divisor": Operand("number"),
    "active": Operand("yes_no"),
    "born": Operand("date"),
    "due": Operand("date"),
    "at": Operand("datetime"),
    "manager": Operand("id"),
    "interests": Operand("list"),
    "friends": Operand("list", item="id"),
    "papers": Operand("other"),
}

ANNE = uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8057")
BERT = uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8058")


class FixedClock:
    """A clock that stands still on a leap day."""

    now = datetime(2028, 2, 29, 23, 30, 15, 123456, tzinfo=UTC)
    today = date(2028, 2, 29)


CLOCK = FixedClock()

METADATA = sa.MetaData()
TABLE = sa.Table(
    "probe__thing",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text),
    sa.Column("name__key", key_text()),
    sa.Column("status", sa.Text),
    sa.Column("status__key", key_text()),
    sa.Column("amount", ScaledDecimal(2)),
    sa.Column("rate", ScaledDecimal(4)),
    sa.Column("count", sa.BigInteger),
    sa.Column("divisor", sa.Integer),
    sa.Column("active", sa.Boolean),
    sa.Column("born", sa.Date),
    sa.Column("due", sa.Date),
    sa.Column("at", UtcDateTime()),
    sa.Column("manager", Id()),
    sa.Column("papers", sa.BigInteger),
)
CHILDREN = {
    "interests": sa.Table(
        "probe__thing__interests",
        METADATA,
        sa.Column("owner_id", sa.Integer),
        sa.Column("position", sa.Integer),
        sa.Column("interests", sa.Text),
    ),
    "friends": sa.Table(
        "probe__thing__friends",
        METADATA,
        sa.Column("owner_id", sa.Integer),
        sa.Column("position", sa.Integer),
        sa.Column("friends", Id()),
    ),
}
COLUMNS = TableColumns(TABLE, CHILDREN)

_ORDER = (
    "name",
    "status",
    "amount",
    "rate",
    "count",
    "divisor",
    "active",
    "born",
    "due",
    "at",
    "manager",
    "interests",
    "friends",
)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


_ROWS: tuple[tuple[Any, ...], ...] = (
    (None, None, None, None, None, None, None, None, None, None, None, (), ()),
    (
        "École", "active", Decimal("19.99"), Decimal("0.2000"), 7, 2, True,
        date(2000, 2, 29), date(2028, 3, 1), _moment("2028-02-29T00:00:00+00:00"), ANNE, ("golf", "Opéra"), (ANNE, BERT),
    ),
    (
        "école", "lost", Decimal("-19.99"), Decimal("-1.5000"), -7, 3, False,
        date(2001, 3, 1), date(2028, 2, 28), _moment("2028-02-29T23:30:15.123456+00:00"), BERT, ("golf",), (BERT,),
    ),
    (
        "", "", Decimal("0.00"), Decimal("0.0000"), 0, 0, False,
        date(1, 1, 1), date(9999, 12, 31), _moment("2027-12-31T23:59:59+01:00"), None, ("",), (),
    ),
    (
        "Straße 100%_x", "active", Decimal("92233720368547758.07"), Decimal("922337203685477.5807"), 2**63 - 1, -3, True,
        date(1900, 2, 28), date(2100, 2, 28), _moment("1970-01-01T00:00:00+00:00"), ANNE, ("a b", "c"), (ANNE,),
    ),
    (
        "İstanbul", "Active", Decimal("-92233720368547758.08"), Decimal("-922337203685477.5808"), -(2**63), -1, True,
        date(1999, 12, 31), date(2000, 1, 1), _moment("9999-12-31T23:59:59.999999+00:00"), BERT, ("É",), (),
    ),
    (
        "Zoë 😀 \ufb01n", "new", Decimal("9999999999999999.99"), Decimal("0.0001"), 10, 7, None,
        date(2028, 2, 29), None, None, ANNE, ("golf", "golf"), (BERT, ANNE),
    ),
    (
        "a\"b\\c'd", "e\u0301cole", Decimal("0.05"), Decimal("2.5000"), -1, -7, False,
        date(2028, 3, 1), date(2024, 2, 29), _moment("2024-02-29T12:00:00-05:00"), None, (), (),
    ),
    (
        "\U0010ffff", "\uffff", Decimal("-0.05"), Decimal("-2.5000"), 5, 10, True,
        date(2027, 2, 28), date(2028, 2, 29), _moment("2028-03-01T00:00:00+00:00"), None, ("\U0001f600",), (),
    ),
)  # fmt: skip

_PAPERS = (None, 90, None, 0, 1, 2, None, 3, -4)  # of a type that expressions only ask whether it is empty
ROWS: list[dict[str, Any]] = [
    {**dict(zip(_ORDER, row, strict=True)), "papers": papers} for row, papers in zip(_ROWS, _PAPERS, strict=True)
]


def fill(connection: sa.Connection) -> None:
    """Create the tables and put the rows in, numbered from 0."""
    METADATA.create_all(connection)
    for number, row in enumerate(ROWS):
        plain = {key: value for key, value in row.items() if key not in CHILDREN}
        keys = {f"{key}__key": None if row[key] is None else fold(row[key]) for key in ("name", "status")}
        connection.execute(TABLE.insert(), {"id": number, **plain, **keys})
        for key, child in CHILDREN.items():
            for position, value in enumerate(row[key]):
                connection.execute(child.insert(), {"owner_id": number, "position": position, key: value})


CASES = tuple(Path(__file__).with_name("cases.txt").read_text(encoding="utf-8").splitlines())
