# SPDX-License-Identifier: Apache-2.0
"""What was applied last, also to a database from before that was written down."""

from __future__ import annotations

from sqlalchemy import Connection

from xrm.migrate.asking import Wanted
from xrm.migrate.catalog import TableState
from xrm.migrate.declared import declared_catalog
from xrm.migrate.former import declared_types
from xrm.migrate.live import read_catalog
from xrm.migrate.own_tables import OWN_NAMES, has_own_tables
from xrm.migrate.owners import owner_of
from xrm.migrate.state import Applied, State, read_state


def current_state(connection: Connection, wanted: Wanted) -> State:
    """What was applied last; for a database from before states were kept, what of the declared is there."""
    known = read_state(connection) if has_own_tables(connection) else State()
    if known.objects:
        return known
    live = read_catalog(connection)
    after = declared_catalog(wanted.metadata, connection.dialect)
    if not any(name in live for name in after if name not in OWN_NAMES):
        return State(declarations=known.declarations)
    types = declared_types(wanted.declarations)
    return State({
        name: Applied(owner_of(name, types), _adopted(after[name], live[name]), live[name], _unknown(after[name], live[name]))
        for name in after if name in live
    }, known.declarations)


def _adopted(declared: TableState, live: TableState) -> TableState:
    columns = {name: text for name, text in declared.columns.items() if name in live.columns}
    columns |= {name: text for name, text in live.columns.items() if name not in declared.columns}
    indexes = {name: text for name, text in declared.indexes.items() if name in live.indexes}
    return TableState(columns, declared.constraints, indexes)


def _unknown(declared: TableState, live: TableState) -> dict[str, dict[str, str]]:
    return {
        name: {"field": name.partition("__")[0], "why": "retired"} for name in live.columns if name not in declared.columns
    }
