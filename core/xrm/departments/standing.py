# SPDX-License-Identifier: Apache-2.0
"""What every unit of work needs of departments, rights and activations, kept until one of them changes in any process."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import MutableMapping
from typing import Any

from sqlalchemy import insert, select, update

from xrm.departments.models import access_version
from xrm.unit_of_work import UnitOfWork

_COUNTED = f"{__name__}: counted"
_NUMBER = select(access_version.c.number).where(access_version.c.id == 1)


def standing(uow: UnitOfWork) -> MutableMapping[Any, Any]:
    """Where to keep what was read: shared by the process until anybody changes rights.

    What a writing unit of work reads may be its own change, and never be committed: it takes from the others, and gives nothing.
    """
    if __name__ not in uow.cache:
        shared = uow.kept.under(uow.execute(_NUMBER).scalar() or 0)
        uow.cache[__name__] = ChainMap({}, shared) if uow.is_write else shared
    kept: MutableMapping[Any, Any] = uow.cache[__name__]
    return kept


def count_up(uow: UnitOfWork) -> None:
    """Say that departments, rights or activations have changed: every process reads them anew from the next commit on.

    The runtime says it after each statement that writes one of their tables; once for a transaction is enough for the others.
    """
    if _COUNTED not in uow.cache:
        number = access_version.c.number
        changed = uow.execute(update(access_version).where(access_version.c.id == 1).values(number=number + 1))
        if changed.rowcount == 0:
            uow.execute(insert(access_version).values(id=1, number=1))
        uow.cache[_COUNTED] = True
    uow.cache[__name__] = {}
