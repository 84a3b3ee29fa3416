# SPDX-License-Identifier: Apache-2.0
"""Scopes put together and compared."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from xrm.access.scopes import Scope

SCOPES = st.builds(
    lambda everywhere, departments, own: Scope.everywhere() if everywhere else Scope(
        departments=frozenset(departments), own=frozenset(own) - frozenset(departments)
    ),
    st.booleans(), st.sets(st.sampled_from([uuid.UUID(int=one) for one in range(3)])),
    st.sets(st.sampled_from([uuid.UUID(int=one) for one in range(3)])),
)
ROWS = [(uuid.UUID(int=one), is_own) for one in range(3) for is_own in (False, True)]


@given(st.lists(SCOPES, max_size=3))
def test_an_intersection_covers_what_all_of_its_parts_cover(parts: list[Scope]) -> None:
    found = Scope.intersection(parts)
    for place, is_own in ROWS:
        assert found.covers(place, is_own=is_own) == all(one.covers(place, is_own=is_own) for one in parts)


@given(SCOPES, SCOPES)
def test_a_scope_includes_another_when_it_covers_all_that_the_other_covers(one: Scope, other: Scope) -> None:
    if one.includes(other):
        assert all(one.covers(place, is_own=is_own) for place, is_own in ROWS if other.covers(place, is_own=is_own))
