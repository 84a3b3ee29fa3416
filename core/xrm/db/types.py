# SPDX-License-Identifier: Apache-2.0
"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, LargeBinary, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator, TypeEngine


class Id(TypeDecorator[uuid.UUID]):
    """A UUID: sixteen bytes on SQLite, ``uuid`` on PostgreSQL; ordered by bytes on both."""

    impl = LargeBinary(16)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """PostgreSQL's own type there, bytes elsewhere."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.UUID(as_uuid=True))
        return dialect.type_descriptor(LargeBinary(16))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Bytes for SQLite."""
        if value is None or dialect.name == "postgresql":
            return value
        return value.bytes

    def process_result_value(self, value: Any, dialect: Dialect) -> uuid.UUID | None:
        """A ``uuid.UUID`` on both."""
        if value is None or isinstance(value, uuid.UUID):
            return value
        return uuid.UUID(bytes=bytes(value))


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, always aware and in UTC; naive values are refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """``timestamptz`` on PostgreSQL, sortable text on SQLite."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC, without zone where the database has none."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ScaledDecimal(TypeDecorator[Decimal]):
    """A decimal kept as an integer of 64 bits, scaled by ``10 ** scale``: exact on both databases."""

    impl = BigInteger
    cache_ok = True

    def __init__(self, scale: int = 2) -> None:
        self.scale = scale
        super().__init__()

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """The scaled integer; digits beyond the scale are refused, not rounded in silence."""
        if value is None:
            return None
        scaled = value.scaleb(self.scale)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{value} has more than {self.scale} decimals")
        return int(scaled)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """The decimal with its scale."""
        return None if value is None else Decimal(value).scaleb(-self.scale)


def key_text() -> TypeEngine[str]:
    """Text compared byte by byte on both databases: for folded keys and codes."""
    return Text().with_variant(Text(collation="C"), "postgresql")
