# SPDX-License-Identifier: Apache-2.0
"""Who may empty one department into another."""

from __future__ import annotations

import uuid

from xrm.access.policy import require
from xrm.departments.moving import RIGHT
from xrm.departments.queries import get_tree
from xrm.errors import NotFound, PermissionDenied, msg
from xrm.relocation.kinds import Kind, obstacle_of
from xrm.unit_of_work import UnitOfWork


def require_places(uow: UnitOfWork, source: uuid.UUID, target: uuid.UUID) -> None:
    """Stop here unless the actor administers both departments: what moves includes what they do not see, such as the bin.

    Raises:
        PermissionDenied: without the right.
        NotFound: when there is no such department.
    """
    for one in (source, target):
        require(uow, RIGHT, one)
        if one not in get_tree(uow).by_id:
            raise NotFound(msg("There is no department with the id {id}.", id=one))


def require_kinds(uow: UnitOfWork, source: uuid.UUID, target: uuid.UUID, kinds: tuple[Kind, ...]) -> None:
    """Stop here unless the actor may edit rows of all these kinds in both departments.

    Raises:
        PermissionDenied: naming the kind and the right that is missing.
    """
    for kind in kinds:
        obstacle = obstacle_of(uow, kind, (source, target))
        if obstacle == "unknown":
            raise PermissionDenied(
                msg("{type} belongs to a plugin that is off or not installed, so that it cannot be moved.", type=kind.name)
            )
        if obstacle:
            names = [get_tree(uow).by_id[one].name for one in (source, target)]
            raise PermissionDenied(
                msg("To move {type} you need the right {action} in {source} and in {target}. Ask an administrator.",
                    type=kind.name, action=obstacle, source=names[0], target=names[1])
            )
