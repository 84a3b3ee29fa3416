# SPDX-License-Identifier: Apache-2.0
"""Code that is older than the tables changes nothing, and says which version is missing and how to go back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from tests.factories.evolving import MANIFEST, Evolving
from xrm.db.engine import for_writing
from xrm.errors import ConfigurationError, InvalidInput
from xrm.migrate.apply import rollback
from xrm.migrate.state import read_state, state_as_json
from xrm.migrate.upgrade import apply_changes
from xrm.runtime import Runtime
from xrm.versions import program_version

pytestmark = pytest.mark.by_turns

NAME: dict[str, Any] = {"name": {"type": "text", "required": True}}
PORT = {**NAME, "port": {"type": "text"}}


@pytest.fixture
def version(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that sets the version of the plugin to be declared next."""
    return lambda number: monkeypatch.setitem(MANIFEST, "version", number)


def state_of(runtime: Runtime) -> dict[str, Any]:
    """What was applied last."""
    with runtime.engine.connect() as connection:
        return state_as_json(read_state(connection))


def upgraded(evolving: Evolving, version: Any) -> Runtime:
    """The program with fleet 1.1, which added a field to what 1.0 made."""
    version("1.0")
    evolving.applied(NAME)
    version("1.1")
    return evolving.applied(PORT)


def test_an_older_plugin_is_refused_with_both_versions_and_the_way_back(evolving: Evolving, version: Any) -> None:
    upgraded(evolving, version)
    version("1.0")
    older = evolving.declare(NAME)
    before = state_of(older)

    plan = evolving.plan(older)
    with pytest.raises(InvalidInput):
        apply_changes(older.engine, older.registry)

    (problem,) = plan.problems
    assert all(part in problem for part in ("fleet 1.0 is installed", "fleet 1.1", "xrm schema rollback --to 2")), problem
    assert state_of(older) == before


def test_an_older_plugin_writes_nothing_and_reads_on(evolving: Evolving, version: Any) -> None:
    newer = upgraded(evolving, version)
    evolving.create(newer, {"name": "Aurora", "port": "Brest"})
    version("1.0")
    older = evolving.declare(NAME)

    with pytest.raises(ConfigurationError) as refused:
        evolving.create(older, {"name": "Borea"})

    assert (refused.value.code, "fleet 1.1" in str(refused.value)) == ("read_only", True)
    assert [row["name"] for row in evolving.rows(older)] == ["Aurora"]


def test_after_a_rollback_the_older_plugin_works(evolving: Evolving, version: Any) -> None:
    upgraded(evolving, version)
    version("1.0")
    older = evolving.declare(NAME)

    rollback(older.engine, to=2)

    assert evolving.plan(older).problems == ()
    evolving.create(older, {"name": "Borea"})
    assert [row["name"] for row in evolving.rows(older)] == ["Borea"]


def test_a_later_version_that_changed_no_table_may_be_taken_back(evolving: Evolving, version: Any) -> None:
    version("1.0")
    evolving.applied(NAME)
    version("1.1")
    evolving.applied(NAME)
    version("1.0")

    older = evolving.applied(NAME)

    assert evolving.plan(older).problems == ()
    assert evolving.create(older, {"name": "Aurora"})


def test_an_earlier_revision_of_the_same_version_is_refused(evolving: Evolving, version: Any) -> None:
    version("1.0")
    evolving.applied(NAME)
    evolving.applied(PORT, revision=2)

    older = evolving.declare(NAME, revision=1)

    (problem,) = evolving.plan(older).problems
    assert "vessel of the plugin fleet" in problem
    assert "revision 2" in problem


def test_other_fields_under_the_same_revision_stay_allowed(evolving: Evolving, version: Any) -> None:
    version("1.0")
    evolving.applied(PORT, revision=2)

    assert evolving.plan(evolving.declare(NAME, revision=2)).problems == ()


def test_an_older_program_is_refused_with_both_versions(evolving: Evolving, version: Any) -> None:
    version("1.0")
    runtime = evolving.applied(NAME)
    with for_writing(runtime.engine.connect()) as connection, connection.begin():
        connection.execute(text("UPDATE schema_owner SET version = '99.1' WHERE owner = 'core'"))

    with pytest.raises(ConfigurationError) as refused:
        evolving.create(evolving.declare(NAME), {"name": "Aurora"})

    assert f"xrm {program_version()} is installed here, and xrm 99.1" in str(refused.value)
    assert evolving.plan(runtime).problems == (str(refused.value),)
