# SPDX-License-Identifier: Apache-2.0
"""An instance whose declarations change."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.factories.evolving import Evolving
from tests.instances import Prepared
from xrm.settings import Settings


@pytest.fixture
def evolving(prepared: Prepared, settings: Settings) -> Iterator[Evolving]:
    """An instance with the base vocabulary, a vessel still to be declared."""
    made = Evolving(settings, prepared.admin, prepared.departments.sales)
    yield made
    made.close()
