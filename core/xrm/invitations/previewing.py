# SPDX-License-Identifier: Apache-2.0
"""What an invitation would give, before it is sent."""

from __future__ import annotations

import uuid

from xrm.access.policy import require
from xrm.access.previewing import Preview, preview_first_grant
from xrm.access.users import free_email
from xrm.invitations.checks import require_place
from xrm.unit_of_work import UnitOfWork


def preview_invitation(
    uow: UnitOfWork, email: str, *, name: str = "", department: uuid.UUID | None = None, set_key: str = "",
    depth: str = "department",
) -> Preview:
    """What an invitation would give, before it is sent; nothing is kept.

    Raises:
        PermissionDenied, InvalidInput, Conflict, NotFound: as ``invite``.
    """
    require(uow, "user:administer", department)
    require_place(uow, department, set_key, depth)
    address = free_email(uow, email)
    if not set_key:
        return Preview((), (), ())
    return preview_first_grant(uow, " ".join(name.split()) or address, set_key, department=department, depth=depth)
