# SPDX-License-Identifier: Apache-2.0
"""The demo from start to end: Atelier Morel, maker of mountain equipment, with ten years behind it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from xrm.runtime import Runtime
from xrm.scores.running import run_models
from xrm_cli.demo import links, parties, work
from xrm_cli.demo.plan import Plan, prepare_places


def compute_scores(plan: Plan) -> None:
    """All scores, so that panels and columns are filled; a model that fails leaves its own empty."""
    run_models(plan.runtime, plan.actor)


STEPS: tuple[tuple[str, Callable[[Plan], None]], ...] = (
    ("departments and colleagues", prepare_places),
    ("organizations", parties.create_organizations),
    ("people", parties.create_people),
    ("roles", parties.start_all_roles),
    ("contact points", parties.add_contact_points),
    ("press", work.create_press),
    ("relationships", links.relate_everything),
    ("interactions", work.record_all_interactions),
    ("sales", work.create_sales),
    ("service", work.create_service),
    ("scores", compute_scores),
)


def build_demo(
    runtime: Runtime, *, password: str | None = None, progress: Callable[[str, int, int], None] | None = None
) -> None:
    """Fill an instance; ``progress`` hears (what, step, steps). Colleagues sign in with ``password``, if one is given.

    Raises:
        Conflict: when the demo was built here before.
    """
    plan = Plan(runtime, datetime.now(UTC).date(), password)
    for number, (name, step) in enumerate(STEPS, start=1):
        if progress is not None:
            progress(name, number, len(STEPS))
        step(plan)
