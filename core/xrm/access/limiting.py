# SPDX-License-Identifier: Apache-2.0
"""What an API token leaves of its user's rights: never more than the user has at the moment of use."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from xrm.access.scopes import Scope
from xrm.departments.queries import get_tree
from xrm.unit_of_work import Limits, UnitOfWork


def limited(scopes: Mapping[str, Scope], limits: Limits | None) -> Mapping[str, Scope]:
    """The rights (``subject:verb`` → where) that both the user and the token have; all of the user's without limits."""
    if limits is None:
        return scopes
    found: dict[str, list[Scope]] = {}
    for mine, where in scopes.items():
        inside = _within(where, limits.departments)
        for given in limits.scopes:
            both = _meet(mine, given)
            if both and not inside.is_empty:
                found.setdefault(both, []).append(inside)
    return {key: Scope.union(parts) for key, parts in found.items()}


def limits_of(uow: UnitOfWork, scopes: str, departments: str) -> Limits:
    """The limits of a token as it is kept: permissions, and departments with all below them, with spaces between."""
    tree = get_tree(uow)
    named = [one for one in map(uuid.UUID, departments.split()) if one in tree.by_id]
    reach = frozenset(found for one in named for found in tree.below(one))
    return Limits(tuple(scopes.split()), reach if departments else None)


def _within(where: Scope, departments: frozenset[uuid.UUID] | None) -> Scope:
    if departments is None:
        return where
    if where.is_everywhere:
        return Scope(departments=departments)
    return Scope(departments=where.departments & departments, own=where.own & departments)


def _meet(one: str, other: str) -> str:
    """The permission that two permissions have in common; empty text when they have none."""
    parts = []
    for mine, given in zip(one.split(":", 1), other.split(":", 1), strict=True):
        if mine != given and "*" not in {mine, given}:
            return ""
        parts.append(given if mine == "*" else mine)
    return ":".join(parts)
