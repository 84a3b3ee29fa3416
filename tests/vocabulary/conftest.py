# SPDX-License-Identifier: Apache-2.0
"""The program with all plugins that are shipped."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.factories.access import Departments
from tests.factories.graph import Graph
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor

SHIPPED = {
    "base": "xrm_base", "sales": "xrm_sales", "service": "xrm_service", "campaigns": "xrm_campaigns", "press": "xrm_press",
    "confidential": "xrm_confidential",
}


@pytest.fixture
def plugins() -> Mapping[str, str]:
    """Whatever we ship that declares types."""
    return SHIPPED


@pytest.fixture
def graph(runtime: Runtime, admin: Actor, departments: Departments) -> Graph:
    """Short ways to write and read."""
    return Graph(runtime, admin, departments)
