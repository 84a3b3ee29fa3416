# SPDX-License-Identifier: Apache-2.0
"""A disk without room is named before anything is written to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from xrm.db.room import require_room
from xrm.errors import ConfigurationError


def test_too_little_room_is_said_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Make room"):
        require_room(tmp_path, 1 << 60)


def test_enough_room_is_no_word_worth(tmp_path: Path) -> None:
    require_room(tmp_path, 1)

    assert list(tmp_path.iterdir()) == []
