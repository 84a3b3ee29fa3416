# SPDX-License-Identifier: Apache-2.0
"""One list: which rows are meant, in which order, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select

from xrm.access.field_rights import conditions_of_use, never_seen
from xrm.entities.computing import needed_for
from xrm.entities.cursors import fingerprint
from xrm.entities.rows_of import Source, source_of
from xrm.entities.sorting import SortKey, sort_keys
from xrm.entities.system_columns import SYSTEM_OPERANDS
from xrm.errors import InvalidInput, Problem, msg
from xrm.schema.registry import EntityType
from xrm.schema.suggest import unknown
from xrm.unit_of_work import UnitOfWork

MOST = 1000


@dataclass(frozen=True)
class Filter:
    """One condition from a form or URL: field, operator by name, raw value."""

    field: str
    operator: str
    value: object = None


@dataclass(frozen=True)
class ListQuery:
    """What a list is asked for. ``type`` is an entity type or ``party`` for all parties; ``columns`` None means all fields.

    ``where`` is an expression; ``sort`` names fields, ``-field`` for descending; ``distinct="party"`` gives one facet a party.
    """

    type: str
    columns: tuple[str, ...] | None = None
    where: str = ""
    filters: tuple[Filter, ...] = ()
    sort: tuple[str, ...] = ("title",)
    after: str | None = None
    limit: int = 50
    all_periods: bool = False
    distinct: str = ""


@dataclass(frozen=True)
class Listing:
    """A list whose words were checked: its source of rows, conditions, order, and the fields to load."""

    query: ListQuery
    entity_type: EntityType | None
    source: Source
    conditions: tuple[ColumnElement[bool], ...]  # those of the source and what was asked
    keys: tuple[SortKey, ...]
    columns: tuple[str, ...]
    loaded: tuple[str, ...]
    secret: str = ""

    @staticmethod
    def of(uow: UnitOfWork, query: ListQuery) -> Listing:
        """The list meant by a query.

        Raises:
            NotFound: for an unknown type.
            InvalidInput: for an unknown field, operator, sort or a wrong value.
        """
        if not 0 < query.limit <= MOST:
            raise InvalidInput([Problem("limit", msg("Ask for 1 to {most} rows.", most=MOST))])
        if query.distinct not in ("", "party"):
            raise InvalidInput([Problem("distinct", msg('Only "party" can be asked for here.'))])
        source = source_of(uow, query.type, all_periods=query.all_periods)
        entity_type = source.entity_type
        columns = query.columns
        if columns is None:
            columns = tuple(entity_type.fields) if entity_type else ()
        _check_columns(entity_type, columns)
        if entity_type is not None and (hidden := never_seen(uow, entity_type.name)):
            columns = tuple(name for name in columns if name not in hidden)
        loaded = tuple(needed_for(entity_type, columns)) if entity_type else ()
        conditions: list[ColumnElement[bool]] = []
        if query.where:
            conditions.append(source.condition(uow, query.where))
        conditions += [source.filter(uow, one.field, one.operator, one.value) for one in query.filters]
        keys = sort_keys(source, query.sort)
        if entity_type is not None:
            conditions += conditions_of_use(uow, entity_type, [name.removeprefix("-") for name in query.sort])
        return Listing(
            query, entity_type, source, (*source.conditions, *conditions), keys, columns, loaded, uow.settings.secret_key
        )

    def along_all(self) -> Listing | None:
        """The same list along the index of all rows, of which each has to be looked at; None where no way is worth it."""
        source = self.source.along_all() if self.source.along_all else None
        if source is None:
            return None
        asked = self.conditions[len(self.source.conditions):]
        return replace(self, source=source, conditions=(*source.conditions, *asked), keys=sort_keys(source, self.query.sort))

    @property
    def mark(self) -> str:
        """What a cursor must carry to belong to this list."""
        query = self.query
        return fingerprint(query.type, query.where, query.filters, query.sort, query.all_periods, query.distinct)


def _check_columns(entity_type: EntityType | None, columns: Sequence[str]) -> None:
    common = (*SYSTEM_OPERANDS, "party", "type", "id")
    known = (*(entity_type.fields if entity_type else ()), *common)
    problems = [Problem("columns", unknown("column", name, known)) for name in columns if name not in known and "." not in name]
    if problems:
        raise InvalidInput(problems)


def count(uow: UnitOfWork, listing: Listing, at_most: int | None) -> int:
    """The number of rows of the whole list; with ``at_most`` counting stops one above it."""
    source = listing.source
    wanted = and_(or_(*source.branches), *listing.conditions)
    if listing.query.distinct == "party" and source.party_id is not None:
        inner = select(source.party_id).select_from(source.rows).where(wanted).distinct()
    elif len(source.branches) > 1:
        inner = select(source.row_id).select_from(source.rows).where(wanted).distinct()
    else:
        inner = select(literal_column("1")).select_from(source.rows).where(wanted)
    if at_most is not None:
        inner = inner.limit(at_most + 1)
    return int(uow.execute(select(func.count()).select_from(inner.subquery())).scalar_one())


__all__ = ["Filter", "ListQuery", "Listing", "count"]
