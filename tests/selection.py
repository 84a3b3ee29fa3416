# SPDX-License-Identifier: Apache-2.0
"""Which tests run: the long forms only when asked for, and of tests of one logic on two databases one in turn."""

from __future__ import annotations

import zlib

import pytest

# Folders and modules that take turns: so many tests that each database still has a share of every one of them.
TAKING_TURNS = (
    "plugins/", "tests/cli/", "tests/core/backup/", "tests/core/entities/", "tests/core/factors/", "tests/core/files/",
    "tests/core/health/", "tests/core/history/", "tests/core/imports/", "tests/core/interactions/", "tests/core/invitations/",
    "tests/core/jobs/", "tests/core/plugin_host/", "tests/core/plugin_preview/", "tests/core/plugin_settings/",
    "tests/core/relationships/", "tests/core/relocation/", "tests/core/roles/", "tests/core/tokens/",
    "tests/core/migrate/test_interruption.py", "tests/core/migrate/test_reshaping.py", "tests/core/migrate/test_syncing.py",
    "tests/core/overlay/", "tests/core/plugin_removal/", "tests/core/schema/", "tests/core/scores/", "tests/core/search/",
    "tests/northwind/", "tests/vocabulary/", "tests/web/",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--deep``, which runs the long forms too."""
    parser.addoption("--deep", action="store_true", help="also run tests marked deep")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the long forms, and one database of the tests that take turns, unless ``--deep`` is given."""
    if config.getoption("--deep"):
        return
    chosen = [item for item in items if item.get_closest_marker("deep") is None and _has_its_turn(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


def _has_its_turn(item: pytest.Item) -> bool:
    """Whether a test marked ``by_turns`` runs on this database: each test has one of the two, always the same."""
    given = getattr(item, "callspec", None)
    takes_turns = item.get_closest_marker("by_turns") is not None or item.nodeid.startswith(TAKING_TURNS)
    if not takes_turns or given is None or item.config.getoption("--database") != "both":
        return True
    name = item.nodeid.replace("postgresql", "").replace("sqlite", "")
    turn = ("sqlite", "postgresql")[zlib.crc32(name.encode()) % 2]
    return bool(given.params.get("database_kind", turn) == turn)
