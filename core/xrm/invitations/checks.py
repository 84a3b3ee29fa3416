# SPDX-License-Identifier: Apache-2.0
"""What an invitation has to name, before it is previewed and before it is sent."""

from __future__ import annotations

import uuid

from xrm.access.policy import scope
from xrm.errors import InvalidInput, Problem, msg
from xrm.unit_of_work import UnitOfWork


def require_place(uow: UnitOfWork, department: uuid.UUID | None, set_key: str, depth: str) -> None:
    """Stop an invitation that lacks its department: that of its rights, or any, for who administers users in some only.

    Raises:
        InvalidInput: saying which.
    """
    if department is not None:
        return
    if set_key and depth != "all":
        raise InvalidInput([Problem("department", msg("Name the department in which the rights hold."))])
    if not scope(uow, "user", "administer").is_everywhere:
        raise InvalidInput([Problem("department", msg("Choose one of your departments: who is invited becomes a member."))])
