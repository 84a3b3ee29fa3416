# SPDX-License-Identifier: Apache-2.0
"""Two programs on one database, as two processes have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from tests.instances import open_with
from xrm.runtime import Runtime
from xrm.settings import Settings


@pytest.fixture
def other(settings: Settings, plugins: Mapping[str, str]) -> Iterator[Runtime]:
    """A second program on the database of ``runtime``."""
    opened = open_with(settings, plugins)
    yield opened
    opened.close()
