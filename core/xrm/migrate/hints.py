# SPDX-License-Identifier: Apache-2.0
"""What is easily overlooked in a plan: fields that are declared no more, names that lead nowhere, values to be made anew."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from xrm.errors import Message, msg
from xrm.migrate.former import DeclaredType, child_table
from xrm.migrate.outcome import WHOLE, is_stale
from xrm.migrate.said import Said
from xrm.migrate.steps import Step
from xrm.schema.grammar.manifest import RESERVED_OWNER
from xrm.schema.load import RESERVED_PREFIX
from xrm.schema.suggest import closest

Types = Mapping[str, DeclaredType]
KeptFields = Mapping[str, Mapping[str, Mapping[str, str]]]


def is_own(table: str, field: str) -> bool:
    """Whether a field is one that administrators added."""
    return table.startswith(f"{RESERVED_OWNER}__") or field.startswith(RESERVED_PREFIX)


def could_lose(field: str, was: str, now: str, how: Message) -> Message:
    """A change of a field that is refused, and what to do instead."""
    return msg('{field} was "{was}" and is declared as "{now}", which could lose values. Take the change back, or {how}.',
               field=field, was=was, now=now, how=how)


def carrying(table: str, field: str) -> Message:
    """How values are carried over where a change alone could lose them: own fields have no plugin that brings a step."""
    if is_own(table, field):
        return msg("add a field with another key, fill it from this one, and retire this one")
    return msg("carry the values over by a data step of the plugin (steps/NNNN_name.py)")


def misleading_renames(former: Types, types: Types) -> Iterator[str]:
    """Problems: a rename to a field that was there before, so that the values of both have one place."""
    for table, before, after in _both(former, types):
        for old, new in after.renamed.items():
            if old in before.fields and old not in after.fields and new in before.fields and new in after.fields:
                yield Said(msg(
                    "{table}: renamed says that {old} is {new} now, but {new} was a field before, with values of its own. Take "
                    "{old} out of renamed: then it is retired and keeps its values. A data step of the plugin can join the two.",
                    table=table, old=old, new=new,
                ))


def notes_on(former: Types, types: Types, before: KeptFields, after: KeptFields) -> list[str]:
    """What is easily overlooked; ``before`` and ``after`` is what is kept of former fields."""
    return [*_unknown_renames(former, types, before), *_newly_retired(former, types, before, after)]


def _unknown_renames(former: Types, types: Types, kept: KeptFields) -> Iterator[str]:
    """Notes: a new field whose former name was never applied."""
    for table, before, after in _both(former, types):
        known = {*before.fields, *after.fields, *before.renamed, *before.renamed.values(),
                 *(why["field"] for why in kept.get(table, {}).values())}
        for old, new in after.renamed.items():
            if new in before.fields or new not in after.fields or old in known:
                continue
            near = closest(old, [key for key in before.fields if key not in after.fields])
            hint: Message | str = msg(" Did you mean {near}?", near=near) if near else ""
            yield Said(msg("{table}: renamed says that {new} was {old}, which was no field here: it begins empty.{hint}",
                           table=table, new=new, old=old, hint=hint))


def _newly_retired(former: Types, types: Types, before: KeptFields, after: KeptFields) -> Iterator[str]:
    """Notes: fields and types that are declared no more, and kept with their values."""
    names = {
        (table, why["field"]) for table, columns in after.items() for column, why in columns.items()
        if why["why"] == "retired" and column not in before.get(table, {})
        and (table not in types or why["field"] not in types[table].fields)
    }
    children = {child_table(table, key): (table, key) for table, one in former.items() for key in one.fields}
    found = {children.get(table, (table, field)) if field == WHOLE else (table, field) for table, field in names}
    for table, field in sorted(found):
        what = f"{table}.{field}" if field else table
        named = msg(" If it has another name now, say so: renamed: {{{field}: …}}.", field=field)
        yield Said(msg("{what} is declared no more. It is hidden and keeps its values until xrm schema prune {what}.{how}",
                       what=what, how=named if field and table in types else ""))


def anew(former: Types, types: Types, moved: Collection[str]) -> Iterator[Step]:
    """Steps: types of which something has to be made anew though none of their values moves."""
    for table, before, after in _both(former, types):
        if table not in moved and is_stale(before, after, is_moved=False):
            yield Step("", "make anew", table, phase="backfill", lock="none", note="titles, search and stored formulas")


def _both(former: Types, types: Types) -> Iterator[tuple[str, DeclaredType, DeclaredType]]:
    for table, after in types.items():
        before = former.get(table)
        # Of one that was applied before declarations were kept, only what administrators added is known.
        if before is not None and before.fields and before.is_entity == after.is_entity:
            yield table, before, after
