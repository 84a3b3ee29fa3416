# SPDX-License-Identifier: Apache-2.0
"""One row of ``search_document`` from the lines of its three weights."""

from __future__ import annotations

import uuid
from typing import Any

from xrm.search.lines import LONGEST_TEXT
from xrm.search.sources import NORMAL, STRONG, WEAK

Document = dict[str, Any]
Texts = dict[str, list[str]]


def empty_texts() -> Texts:
    """No lines of any weight yet."""
    return {STRONG: [], NORMAL: [], WEAK: []}


def make_document(
    entity_id: uuid.UUID, source_id: uuid.UUID, type_name: str, department: uuid.UUID | None, scope: str, texts: Texts
) -> Document:
    """The row, without its key."""
    return {
        "entity_id": entity_id, "source_id": source_id, "type": type_name, "department_id": department, "scope": scope,
        STRONG: "\n".join(texts[STRONG])[:LONGEST_TEXT], NORMAL: "\n".join(texts[NORMAL])[:LONGEST_TEXT],
        WEAK: "\n".join(texts[WEAK])[:LONGEST_TEXT],
    }
