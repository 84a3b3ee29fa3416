# SPDX-License-Identifier: Apache-2.0
"""Removing a plugin takes its values out of the log and leaves the chain whole; bringing it back brings them back."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from tests.factories.removable import Harbour
from xrm.audit.models import access_entry, access_entry_entity
from xrm.audit.sequencing import number_all
from xrm.audit.verification import Verification, verify_chain
from xrm.plugin_removal.belongings import find_belongings
from xrm.plugin_removal.noting import note_export
from xrm.plugin_removal.removing import remove_plugin
from xrm.plugin_removal.restoring import restore_plugin
from xrm.unit_of_work import system_actor

pytestmark = pytest.mark.by_turns
SYSTEM = system_actor("test")


def verify(harbour: Harbour) -> Verification:
    number_all(harbour.runtime)
    return harbour.runtime.read(verify_chain, SYSTEM)


def test_the_chain_stays_whole_when_values_go_with_a_plugin_and_come_back(harbour: Harbour) -> None:
    before = verify(harbour)

    remove_plugin(harbour.runtime, "harbour", actor="tester", now=True)
    gone = verify(harbour)
    harbour.apply()
    restore_plugin(harbour.runtime, "harbour", actor="tester")
    harbour.apply()
    after = verify(harbour)

    assert [each.is_whole for each in (before, gone, after)] == [True, True, True]
    assert gone.erased > before.erased == after.erased == 0


def test_the_export_of_a_plugin_tells_whose_data_left(harbour: Harbour) -> None:
    with harbour.runtime.engine.connect() as connection:
        mine = find_belongings(connection, "harbour", harbour.runtime.host, harbour.runtime.registry)

    harbour.runtime.write(lambda uow: note_export(uow, mine, 12), SYSTEM)

    with harbour.runtime.engine.connect() as connection:
        entry = connection.execute(select(access_entry)).mappings().one()
        left = connection.execute(select(func.count()).select_from(access_entry_entity)).scalar_one()
    assert (entry["kind"], entry["type"], entry["count"]) == ("exported", "harbour", 12)
    assert left > 0
