# SPDX-License-Identifier: Apache-2.0
"""Uploaded files of a form, kept in the same unit of work as what they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from xrm.files.service import attach_files, save_file
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork

Uploads = Mapping[str, Any]


def keep_uploads(uow: UnitOfWork, entity_type: EntityType, files: Uploads, department: UUID | None = None) -> dict[str, object]:
    """Field → id of the file, for each file that was sent.

    Raises:
        InvalidInput: for a file too large, or of a kind that is not taken.
    """
    found: dict[str, object] = {}
    for key, declared in entity_type.fields.items():
        sent = files.get(key)
        if declared.type in ("file", "image") and sent is not None and sent.filename:
            found[key] = save_file(
                uow, sent.filename, sent.stream, department=department, only_images=declared.type == "image", path=key
            )
    return found


def attach_uploads(uow: UnitOfWork, kept: Mapping[str, object], entity_id: UUID, *, department: UUID | None) -> None:
    """Say that the kept files belong to this entity."""
    attach_files(uow, [one for one in kept.values() if isinstance(one, UUID)], entity_id, department=department)
