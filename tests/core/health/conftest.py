# SPDX-License-Identifier: Apache-2.0
"""An instance with which nothing is wrong, and how it is examined."""

from __future__ import annotations

import pytest

from xrm.audit.sequencing import new_holder, number_waiting
from xrm.health.checks import Ground
from xrm.health.examination import examine
from xrm.health.findings import HealthFinding
from xrm.runtime import Runtime
from xrm_web.assets import icon_names


@pytest.fixture
def runtime(runtime: Runtime) -> Runtime:
    """The program on a fresh copy, in a folder that others cannot look into."""
    runtime.settings.home.chmod(0o700)
    number_waiting(runtime, new_holder())  # the copy may be of an instance that was made an hour ago
    return runtime


def wrong(runtime: Runtime, *, deep: bool = True, icons: frozenset[str] | None = None) -> list[HealthFinding]:
    """What is not good, by all checks."""
    return [one for one in examine(Ground(runtime, icon_names() if icons is None else icons), deep=deep) if one.state != "good"]
