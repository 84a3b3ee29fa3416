# SPDX-License-Identifier: Apache-2.0
"""Making the checks: none finds anything on a whole instance, and one that fails keeps no other from being made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

from tests.core.health.conftest import wrong
from xrm.errors import msg
from xrm.health.checks import Check, Ground, of_database, of_program
from xrm.health.examination import examine
from xrm.health.findings import HealthFinding
from xrm.health.registry import CHECKS
from xrm.health.repairs import REPAIRS, mend_all
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork


def test_a_whole_instance_has_no_finding_and_nothing_to_repair(runtime: Runtime) -> None:
    assert wrong(runtime, deep=False) == []
    assert wrong(runtime, deep=True) == []
    assert list(mend_all(runtime)) == []


def test_every_check_has_a_key_of_its_own_and_a_title_and_says_something(runtime: Runtime) -> None:
    found = examine(Ground(runtime), deep=True)

    assert [key for key, count in Counter(one.key for one in CHECKS).items() if count > 1] == []
    assert {one.by for one in found} | {"plugins themselves"} == {one.key for one in CHECKS}
    assert all(one.title and str(one.message) for one in found)
    assert len(CHECKS) >= 30


def test_a_check_that_raises_is_a_finding_and_the_others_are_made(runtime: Runtime) -> None:
    def explode(_runtime: Runtime) -> Iterator[HealthFinding]:
        yield HealthFinding("never", "bad", msg("{count}", count=1 // 0))

    def look(uow: UnitOfWork) -> Iterator[HealthFinding]:
        uow.execute(text("SELECT * FROM nowhere"))
        yield HealthFinding("never", "bad", msg("never"))

    def fine(_runtime: Runtime) -> Iterator[HealthFinding]:
        yield HealthFinding("fine", "good", msg("fine"))

    checks = [Check("moon", msg("The moon"), "bad", of_program(explode)), Check("nowhere", msg("x"), "bad", of_database(look)),
              Check("fine", msg("x"), "bad", of_program(fine))]
    found = examine(Ground(runtime), checks=checks)

    told = {one.by: (one.check, one.state, str(one.message)) for one in found}
    assert told["moon"] == ("moon", "bad", "This check failed: ZeroDivisionError: integer division or modulo by zero")
    assert told["nowhere"][:2] == ("tables", "bad")
    assert told["fine"][1] == "good"


def test_the_manual_names_every_check_and_repair() -> None:
    manual = (Path(__file__).parents[3] / "docs/operating.md").read_text(encoding="utf-8").partition("### Checks and repairs")[2]

    assert [one.key for one in CHECKS if f"`{one.key}`" not in manual] == []
    assert [name for name in REPAIRS if f"`{name}`" not in manual] == []
