# SPDX-License-Identifier: Apache-2.0
"""What the address of a list says: view, filters, order, columns, page; and the address of the same list changed in one thing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from xrm.departments.queries import Department
from xrm.entities.listing import Filter, ListQuery
from xrm.schema.model import View
from xrm.schema.registry import EntityType
from xrm_web.list_columns import ALL_PARTIES, default_columns, default_view, known_columns, views_of
from xrm_web.money_results import with_sources
from xrm_web.navigation import frame
from xrm_web.periods import end_after

PAGE_SIZE = 50
MOST_FILTERS = 12
MOST_TRAIL = 8
ROLE_ONLY = ("since", "until")


@dataclass(frozen=True)
class ListState:
    """One list as its address describes it. ``sort`` and ``columns`` are empty where the view decides."""

    path: str
    entity_type: EntityType | None
    view: View
    filters: tuple[Filter, ...] = ()
    sort: str = ""
    columns: tuple[str, ...] = ()
    after: str = ""
    trail: tuple[str, ...] = ()
    place: int = 0
    all_periods: bool = False
    all_departments: bool = False
    shown_as: str = ""
    adding: str = ""

    @property
    def type_name(self) -> str:
        """The name that ``ListQuery`` takes."""
        return self.entity_type.name if self.entity_type else ALL_PARTIES

    @property
    def is_role(self) -> bool:
        """Whether facets are listed."""
        return self.entity_type is not None and self.entity_type.kind == "role"

    @property
    def is_board(self) -> bool:
        """Whether the rows stand in the columns of a board."""
        return (self.shown_as or self.view.shown_as) == "board" and bool(self.view.group)

    @property
    def order(self) -> tuple[str, ...]:
        """The order in force."""
        return (self.sort,) if self.sort else (self.view.sort or ("title",))

    @property
    def shown_columns(self) -> tuple[str, ...]:
        """The columns in force, beside the title."""
        if self.columns:
            return self.columns
        usual = default_columns(self.entity_type, self.view)
        several = len(frame().departments) > 1 and (frame().department is None or self.all_departments)
        return (*usual, "department") if self.is_role and several and "department" not in usual else usual

    @property
    def is_narrowed(self) -> bool:
        """Whether the reader's own filters hide something."""
        return bool(self.filters)

    def parameters(self) -> list[tuple[str, str]]:
        """What the address must carry for this list, in a fixed order."""
        found: list[tuple[str, str]] = []
        if self.view.key != default_view(views_of(self.entity_type)).key:
            found.append(("view", self.view.key))
        found += [("f", f"{one.field}:{one.operator}:{one.value}".removesuffix(":")) for one in self.filters]
        pairs = (
            ("sort", self.sort), ("cols", ",".join(self.columns)), ("periods", "all" if self.all_periods else ""),
            ("in", "all" if self.all_departments else ""), ("as", self.shown_as), ("add", self.adding),
            ("after", self.after), ("at", str(self.place) if self.after else ""),
            ("trail", "~".join(self.trail) if self.after else ""),
        )
        return found + [(name, value) for name, value in pairs if value]

    def href(self, suffix: str = "") -> str:
        """The address of this list; with ``.json`` or ``.csv`` that of its data."""
        query = urlencode(self.parameters(), safe=":,")
        return f"{self.path}{suffix}" + (f"?{query}" if query else "")

    def first_page(self) -> ListState:
        """The same list from its start."""
        return replace(self, after="", trail=(), place=0, adding="")

    def next_page(self, cursor: str) -> ListState:
        """The page after this one, which remembers the way back."""
        trail = (*self.trail, self.after)[-MOST_TRAIL:] if self.after else ()
        return replace(self, after=cursor, trail=trail, place=self.place + PAGE_SIZE, adding="")

    def previous_page(self) -> ListState | None:
        """The page before this one; None on the first, and where the way back is no longer known."""
        if not self.after:
            return None
        if self.place <= PAGE_SIZE:
            return self.first_page()
        if not self.trail:
            return None
        return replace(self, after=self.trail[-1], trail=self.trail[:-1], place=self.place - PAGE_SIZE, adding="")

    def with_filter(self, added: Filter) -> ListState:
        """The same list narrowed by one filter more."""
        return replace(self.first_page(), filters=(*self.filters, added))

    def without_filter(self, position: int) -> ListState:
        """The same list without one of its filters."""
        return replace(self.first_page(), filters=self.filters[:position] + self.filters[position + 1 :])

    def sorted_by(self, key: str) -> ListState:
        """The same list in the order that a click on this column's head asks for: up, down, then the view's own."""
        following = {key: f"-{key}", f"-{key}": ""}
        current = self.order[0] if self.order[0].removeprefix("-") == key else ""
        wanted = following.get(current, key)
        return replace(self.first_page(), sort=wanted)

    def query(self, departments: Iterable[Department] = (), *, limit: int = PAGE_SIZE) -> ListQuery:
        """What core is asked for; ``departments`` narrow it to rows of these."""
        ids = ",".join(str(item.id) for item in departments)
        return ListQuery(
            type=self.type_name,
            columns=with_sources(self.entity_type, self.shown_columns) if self.entity_type else (),
            where=self.view.where,
            filters=(*map(_as_stored, self.filters), *((Filter("department", "in", ids),) if ids else ())),
            sort=self.order,
            after=self.after or None,
            limit=limit,
            all_periods=self.all_periods,
        )


def read_state(path: str, entity_type: EntityType | None, args: MultiDict[str, str]) -> ListState:
    """The list meant by the parameters of an address; what makes no sense in it is left out."""
    views = views_of(entity_type)
    known = known_columns(entity_type)
    wanted = [key for part in args.getlist("cols") for key in part.split(",")]
    place = args.get("at", "")
    return ListState(
        path=path,
        entity_type=entity_type,
        view=views.get(args.get("view", "")) or default_view(views),
        filters=tuple(found for text in args.getlist("f")[:MOST_FILTERS] if (found := read_filter(text))),
        sort=args.get("sort", "")[:100],
        columns=tuple(dict.fromkeys(key for key in wanted if key in known)),
        after=args.get("after", "")[:2000],
        trail=tuple(one for one in args.get("trail", "")[: 2000 * MOST_TRAIL].split("~") if one)[:MOST_TRAIL],
        place=int(place) if place.isdecimal() and len(place) < 9 else 0,
        all_periods=args.get("periods") == "all",
        all_departments=args.get("in") == "all",
        shown_as=args.get("as", "") if args.get("as") in ("list", "board") else "",
        adding=args.get("add", "")[:100],
    )


def _as_stored(one: Filter) -> Filter:
    """The filter as core takes it: people name the last day of a role, core keeps the day after it."""
    if one.field != "until" or not one.value:
        return one
    return replace(one, value="..".join(_day_after(text.strip()) for text in str(one.value).split("..")))


def _day_after(text: str) -> str:
    try:
        return str(end_after(date.fromisoformat(text)))
    except ValueError:
        return text


def read_filter(text: str) -> Filter | None:
    """The filter of ``field:operator:value``, or None."""
    name, _, rest = text.partition(":")
    operator, _, value = rest.partition(":")
    return Filter(name, operator, value) if name and operator else None
