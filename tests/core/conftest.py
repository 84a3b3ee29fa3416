# SPDX-License-Identifier: Apache-2.0
"""Short ways to make what tests of the core need."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.factories.access import Departments
from tests.factories.graph import Graph
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor

TRIAL = Path(__file__).parents[1] / "third_party" / "trial"


@pytest.fixture
def graph(runtime: Runtime, admin: Actor, departments: Departments) -> Graph:
    """What writes and reads as somebody, and makes parties, roles and users in one call."""
    return Graph(runtime, admin, departments)


@pytest.fixture
def with_trial(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, str]]:
    """The base vocabulary and a plugin whose types have every rule; for a module's own ``plugins`` fixture."""
    monkeypatch.syspath_prepend(str(TRIAL))
    yield {"base": "xrm_base", "trial": "xrm_trial"}
    sys.modules.pop("xrm_trial", None)


