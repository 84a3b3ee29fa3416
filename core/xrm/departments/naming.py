# SPDX-License-Identifier: Apache-2.0
"""What a department may be called where it stands."""

from __future__ import annotations

import uuid

from xrm.departments.queries import get_tree
from xrm.errors import Conflict, NotFound, msg
from xrm.folding import fold
from xrm.unit_of_work import UnitOfWork


def refuse_twin(uow: UnitOfWork, name: str, parent: uuid.UUID | None, but: uuid.UUID | None = None) -> None:
    """Stop when the parent has a department of that name, whatever its case and accents; ``but`` is the one to be named.

    Raises:
        NotFound: when the parent is not there.
        Conflict: when the name is taken.
    """
    tree = get_tree(uow)
    if parent is not None and parent not in tree.by_id:
        raise NotFound(msg("There is no department with the id {id}.", id=parent))
    for other in tree.by_id.values():
        if other.parent_id == parent and other.id != but and fold(other.name) == fold(name):
            raise Conflict(msg("There is a department {name} there already. Choose another name.", name=other.name), code="taken")
