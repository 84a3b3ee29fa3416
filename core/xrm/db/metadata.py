# SPDX-License-Identifier: Apache-2.0
"""The one MetaData of the core tables, with names for every constraint so that each can be changed later."""

from __future__ import annotations

from sqlalchemy import MetaData

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# Marks the tables that decide who may see what: ``Table(..., info=DECIDES_RIGHTS)``. Whoever writes one of them through a unit of
# work has, by that alone, every process read rights anew.
DECIDES_RIGHTS = {"decides_rights": True}

metadata = MetaData(naming_convention=NAMING)
