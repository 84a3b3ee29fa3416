# SPDX-License-Identifier: Apache-2.0
"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, LargeBinary, Text, Uuid
from sqlalchemy.types import TypeDecorator, TypeEngine


class Id(TypeDecorator[uuid.UUID]):
    """A UUID: sixteen bytes on SQLite, ``uuid`` on PostgreSQL; ordered by bytes on both."""

    impl = LargeBinary(16)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """PostgreSQL's own type there, bytes elsewhere."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Uuid(as_uuid=True))
        return dialect.type_descriptor(LargeBinary(16))

    # The processors stand in the place of the hooks of a TypeDecorator, whose wrappers cost more than they do.
    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """Bytes for SQLite; PostgreSQL's driver takes a UUID."""
        return None if dialect.name == "postgresql" else _id_bytes

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """A ``uuid.UUID`` on both."""
        return None if dialect.name == "postgresql" else _read_id


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, always aware and in UTC; naive values are refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """``timestamptz`` on PostgreSQL, sortable text on SQLite."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """UTC; the text that SQLAlchemy's own type writes on SQLite."""
        return _utc if dialect.name == "postgresql" else _utc_text

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Aware, in UTC."""
        return _utc if dialect.name == "postgresql" else _read_utc


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


def _id_bytes(value: uuid.UUID | None) -> bytes | None:
    return None if value is None else value.int.to_bytes(16, "big")


def _read_id(value: bytes | None) -> uuid.UUID | None:
    return None if value is None else uuid.UUID(int=int.from_bytes(value, "big"))


def _utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return value.astimezone(UTC)


def _utc_text(value: datetime | None) -> str | None:
    moment = _utc(value)
    return None if moment is None else moment.replace(tzinfo=None).isoformat(" ", "microseconds")


def _read_utc(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


def key_text() -> TypeEngine[str]:
    """Text compared byte by byte on both databases: for folded keys and codes."""
    return Text().with_variant(Text(collation="C"), "postgresql")
