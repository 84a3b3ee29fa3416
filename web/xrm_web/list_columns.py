# SPDX-License-Identifier: Apache-2.0
"""The columns a list can show and the words above them: declared fields, and what every entity or facet has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from xrm.schema.model import Label, View
from xrm.schema.registry import EntityType
from xrm_web.field_rights import hidden_columns, unusable_columns, usable_views
from xrm_web.i18n import gettext, text_of
from xrm_web.sessions import runtime
from xrm_web.value_cells import NUMBERS, kind_of

ALL_PARTIES = "party"
SCORE = "score."
MOST_DEFAULT = 6
_LONG = frozenset({"long_text", "rich_text", "json", "file", "image"})


@dataclass(frozen=True)
class ListColumn:
    """A column that can be shown: ``field`` says whether it is declared."""

    key: str
    label: str
    right: bool = False
    sortable: bool = False
    field: bool = True


def known_columns(entity_type: EntityType | None) -> dict[str, ListColumn]:
    """All columns of a list beside the title, by key; None stands for the list of all parties."""
    columns: dict[str, ListColumn] = {}
    hidden, unusable = hidden_columns(entity_type), unusable_columns(entity_type)
    for key in entity_type.fields if entity_type else ():
        if key not in hidden:
            column = _declared(entity_type, key)  # type: ignore[arg-type]
            columns[key] = replace(column, sortable=column.sortable and key not in unusable)
    for column in (*_common(entity_type), *_scores(entity_type)):
        columns.setdefault(column.key, column)
    return columns


def _scores(entity_type: EntityType | None) -> list[ListColumn]:
    return [
        ListColumn(f"{SCORE}{model.key}", text_of(model.label), right=True, field=False)
        for model in (item.value for item in runtime().host.contributed("register_score_models"))
        if scored_type(entity_type, model.applies_to)
    ]


def scored_type(entity_type: EntityType | None, applies_to: Sequence[str]) -> bool:
    """Whether rows of this list have a score of a model: their own, or that of the party a facet belongs to."""
    if entity_type is None:
        return True
    return entity_type.name in applies_to or any(name in applies_to for name in entity_type.declaration.of)


def _declared(entity_type: EntityType, key: str) -> ListColumn:
    field_type = entity_type.field_type(key)
    stored = key in entity_type.field_columns and key not in entity_type.child_tables
    return ListColumn(
        key, text_of(entity_type.fields[key].label), kind_of(entity_type, key) in NUMBERS, field_type.sortable and stored
    )


def _common(entity_type: EntityType | None) -> list[ListColumn]:
    found: list[ListColumn] = []
    if entity_type is None:
        found.append(ListColumn("kind", gettext("Kind"), field=False))
    if entity_type is None or entity_type.kind == "party":
        found.append(ListColumn("roles", gettext("Roles"), field=False))
    if entity_type is not None and entity_type.kind == "role":
        found.append(ListColumn("since", gettext("Since"), sortable=True, field=False))
        found.append(ListColumn("until", gettext("Until"), sortable=True, field=False))
    return [
        *found,
        ListColumn("department", gettext("Department"), field=False),
        ListColumn("owner", gettext("Owner"), field=False),
        ListColumn("created_at", gettext("Created"), sortable=True, field=False),
        ListColumn("updated_at", gettext("Changed"), sortable=True, field=False),
    ]


def views_of(entity_type: EntityType | None) -> dict[str, View]:
    """The shipped views of a type that the reader can use; a type that ships none has one that shows all."""
    if entity_type is not None and (views := usable_views(entity_type, dict(entity_type.declaration.views))):
        return views
    everything = Label({"en": "All", "fr": "Tout"})
    if entity_type is None:
        return {"all": View("all", everything, ("title", "roles", "kind", "updated_at"), default=True)}
    return {"all": View("all", everything, default=True)}


def default_view(views: dict[str, View]) -> View:
    """The view that opens first."""
    return next((view for view in views.values() if view.default), next(iter(views.values())))


def default_columns(entity_type: EntityType | None, view: View) -> tuple[str, ...]:
    """The columns of a view beside the title; roles come first in lists of parties, where they tell most."""
    known = known_columns(entity_type)
    named = [key for key in view.columns if key in known]
    if not named and entity_type is not None:
        named = [key for key in (*entity_type.declaration.page.highlights, *entity_type.fields) if _is_short(entity_type, key)]
        named = [key for key in dict.fromkeys(named) if key in known][:MOST_DEFAULT]
    if "roles" in known and "roles" not in named:
        named.insert(0, "roles")
    if entity_type is not None and entity_type.kind == "party" and view.default:
        named += [key for key in known if key.startswith(SCORE) and key not in named]
    return tuple(named)


def _is_short(entity_type: EntityType, key: str) -> bool:
    return entity_type.fields[key].type not in _LONG and key not in entity_type.title.names
