# SPDX-License-Identifier: Apache-2.0
"""Which of two versions comes later."""

from __future__ import annotations

import pytest

from xrm.versions import is_newer


@pytest.mark.parametrize(
    ("one", "other", "newer"),
    [("0.2.0", "0.1.9", True), ("0.10", "0.9", True), ("1.0", "1.0.0", False), ("1.0rc1", "1.0", False), ("1.0", "1.0rc1", True),
     ("1.0.post1", "1.0", True), ("0.1.0", "0.1.0", False), ("1.0+local", "1.0", False)],
)
def test_versions_are_ordered_by_their_numbers(one: str, other: str, newer: bool) -> None:
    assert is_newer(one, other) is newer
