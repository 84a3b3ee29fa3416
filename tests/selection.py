# SPDX-License-Identifier: Apache-2.0
"""Which tests run: the long forms only when asked for."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--deep``, which runs the long forms too."""
    parser.addoption("--deep", action="store_true", help="also run tests marked deep")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long forms out unless ``--deep`` is given."""
    if config.getoption("--deep"):
        return
    chosen = [item for item in items if item.get_closest_marker("deep") is None]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen
