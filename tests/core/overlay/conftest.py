# SPDX-License-Identifier: Apache-2.0
"""Two programs on one database, as two processes have it; an instance whose plugin changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from tests.factories.evolving import Evolving
from tests.instances import Prepared, open_with
from xrm.runtime import Runtime
from xrm.settings import Settings


@pytest.fixture
def other(settings: Settings, plugins: Mapping[str, str]) -> Iterator[Runtime]:
    """A second program on the database of ``runtime``."""
    opened = open_with(settings, plugins)
    yield opened
    opened.close()


@pytest.fixture
def evolving(prepared: Prepared, settings: Settings) -> Iterator[Evolving]:
    """An instance whose plugin has versions, with a vessel still to be declared."""
    made = Evolving(settings, prepared.admin, prepared.departments.sales)
    yield made
    made.close()
