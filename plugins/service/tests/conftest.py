# SPDX-License-Identifier: Apache-2.0
"""The base vocabulary and the plugin service, nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.factories.access import Departments
from tests.factories.graph import Graph
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor


@pytest.fixture
def plugins() -> Mapping[str, str]:
    """The base vocabulary and this plugin."""
    return {"base": "xrm_base", "service": "xrm_service"}


@pytest.fixture
def graph(runtime: Runtime, admin: Actor, departments: Departments) -> Graph:
    """Short ways to write and read."""
    return Graph(runtime, admin, departments)
