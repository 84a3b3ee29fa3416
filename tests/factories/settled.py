# SPDX-License-Identifier: Apache-2.0
"""What holds after every change of the schema: nothing waits, and the database is what it was made to be."""

from __future__ import annotations

from xrm.migrate.drift import find_drift
from xrm.migrate.upgrade import plan_for
from xrm.runtime import Runtime


def assert_settled(runtime: Runtime) -> None:
    """Neither plan nor drift."""
    plan = plan_for(runtime.engine, runtime.registry)
    assert plan.problems == ()
    assert [f"{step.action} {step.target}" for step in plan.steps] == []
    assert find_drift(runtime.engine) == []
