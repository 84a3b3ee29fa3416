# SPDX-License-Identifier: Apache-2.0
"""Rows that a data step passes over without a word: nothing of theirs goes, neither forwards nor on the way back."""

from __future__ import annotations

import uuid

import pytest

from tests.core.migrate.test_data_steps import AFTER, BEFORE, fill
from tests.factories.evolving import Evolving
from xrm.entities.service import update_entity
from xrm.errors import InvalidInput
from xrm.migrate.upgrade import apply_changes, take_back

pytestmark = pytest.mark.by_turns

KEEPS = '''
    """What is a number stays, and what is none has to be dealt with."""
    ENTITY = "vessel"
    READS = ("length",)
    WRITES = ("length",)

    def upgrade(rows):
        for row in rows:
            if row["length"] == "12 m":
                row["length"] = 12

    def downgrade(rows):
        for row in rows:
            row["length"] = f"{row['length']} (changed)"
'''


def test_a_value_that_a_step_passes_over_is_kept_as_the_new_type_or_named(evolving: Evolving) -> None:
    first = fill(evolving)
    broken = evolving.create(first, {"name": "Vessel 3", "length": "2x7"})
    evolving.bring_steps(**{"0001_length_in_metres": KEEPS})
    fields = {**AFTER, "port": {"type": "text"}}
    second = evolving.declare(fields, revision=2)

    with pytest.raises(InvalidInput, match=r"gives length of .*Vessel 3.* no value, and what it held cannot stay: “2x7”"):
        apply_changes(second.engine, second.registry)
    evolving.bring_steps(**{"0001_length_in_metres": KEEPS.replace('== "12 m"', 'in ("12 m", "2x7")')})
    third = evolving.declare(fields, revision=2)
    apply_changes(third.engine, third.registry)

    assert [row["length"] for row in evolving.rows(third)] == [12, None, 7, 12]
    third.write(lambda uow: update_entity(uow, broken, {"length": 5}), evolving.admin)
    take_back(third.engine, third.registry)
    assert [row["length"] for row in evolving.rows(first)] == ["12 m", None, "7", "5 (changed)"]


def test_a_zero_that_somebody_entered_since_is_no_empty_value(evolving: Evolving) -> None:
    evolving.bring_steps()
    first = evolving.applied({**BEFORE, "crew": {"type": "integer"}})
    one = evolving.create(first, {"name": "Vessel", "port": "Nice"})
    evolving.bring_steps(**{"0001_crew": """
        ENTITY = "vessel"
        READS = ("port", "crew")
        WRITES = ("crew", "port")

        def upgrade(rows):
            for row in rows:
                row["crew"] = None

        def downgrade(rows):
            for row in rows:
                row["port"] = f"{row['port']} {row['crew']}"
    """})
    second = evolving.applied({**BEFORE, "crew": {"type": "integer"}}, revision=2)

    second.write(lambda uow: update_entity(uow, one, {"crew": 0}), evolving.admin)
    take_back(second.engine, second.registry)

    assert [row["port"] for row in evolving.rows(first)] == ["Nice 0"]


def test_what_was_changed_since_in_a_field_that_a_step_passed_over_is_not_lost(evolving: Evolving) -> None:
    first = fill(evolving)
    ids = [row["id"] for row in evolving.rows(first)]
    evolving.bring_steps(**{"0001_port": """
        ENTITY = "vessel"
        READS = ("port",)
        WRITES = ("port",)

        def upgrade(rows):
            for row in rows:
                if row["port"] == "Nice":
                    row["port"] = "Nizza"

        def downgrade(rows):
            for row in rows:
                row["port"] = f"{row['port']} (back)"
    """})
    second = evolving.applied(BEFORE, revision=2)

    second.write(lambda uow: update_entity(uow, uuid.UUID(str(ids[2])), {"port": "Brest"}), evolving.admin)
    take_back(second.engine, second.registry)

    assert [row["port"] for row in evolving.rows(first)] == ["Brême, DE", "Nice", "Brest (back)"]
