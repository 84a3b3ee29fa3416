# SPDX-License-Identifier: Apache-2.0
"""Drift: what the database has now against what it had when it was last applied."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, Engine

from xrm.migrate.catalog import Catalog, Difference, differences
from xrm.migrate.ledger import open_plan
from xrm.migrate.live import read_catalog
from xrm.migrate.own_tables import has_own_tables
from xrm.migrate.state import State, read_state
from xrm.migrate.sync_triggers import PREFIX
from xrm.migrate.writing import KEPT


def find_drift(engine: Engine) -> list[Difference]:
    """What somebody changed by hand: tables, columns, constraints and indexes.

    Empty before anything was applied, and while a change is interrupted: what is half done is no drift.
    """
    with engine.connect() as connection, connection.begin():
        if not has_own_tables(connection) or open_plan(connection) is not None:
            return []
        return drift_of(connection, read_state(connection))


def drift_of(connection: Connection, state: State) -> list[Difference]:
    """How the database differs from what this state says that it was given."""
    expected = {name: one.live for name, one in state.objects.items()}
    if not expected:
        return []
    found = {name: one for name, one in read_catalog(connection).items() if not name.startswith(KEPT)}
    return differences(expected, found)


def without_drift(live: Catalog, goal: State) -> Catalog:
    """What the database would be without these changes by hand, so that they are reported still after a change of ours.

    Where a change of ours took the place of one, nothing of it is left to be reported.
    """
    found = dict(live)
    for one in goal.drift:
        state = found.get(one.table)
        if state is None or one.kind == "table" or not (one.after is not None or _is_still_wanted(one, goal)):
            continue
        parts = {"column": state.columns, "constraint": state.constraints, "index": state.indexes}[one.kind]
        if parts.get(one.name) != one.after:
            continue
        rest = {name: text for name, text in parts.items() if name != one.name}
        expected = rest if one.before is None else {**rest, one.name: one.before}
        field = {"column": "columns", "constraint": "constraints", "index": "indexes"}[one.kind]
        found[one.table] = replace(state, **{field: expected})
    return found


def _is_still_wanted(gone: Difference, goal: State) -> bool:
    """Whether what somebody dropped belongs to what a change of ours leads to."""
    applied = goal.objects.get(gone.table)
    if applied is None or gone.kind == "table":
        return False
    if gone.name.startswith(f"trigger {PREFIX}"):
        return any(one.get("sync", PREFIX) in gone.name for one in applied.kept.values() if "sync" in one)
    parts = {"column": applied.declared.columns, "constraint": applied.declared.constraints, "index": applied.declared.indexes}
    return gone.name in parts[gone.kind]
