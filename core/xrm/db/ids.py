# SPDX-License-Identifier: Apache-2.0
"""Keys made by the application: UUIDv7, ordered by time of creation."""

from __future__ import annotations

import uuid

import uuid_utils.compat


def new_id() -> uuid.UUID:
    """A fresh UUIDv7."""
    return uuid_utils.compat.uuid7()
