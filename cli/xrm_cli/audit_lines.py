# SPDX-License-Identifier: Apache-2.0
"""The audit log as JSON values, for scripts and for the file of an export."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from xrm.audit.verification import Verification
from xrm.history.log import Access, LogEntry


def entry_as_json(one: LogEntry) -> dict[str, Any]:
    """An entry without its values."""
    return {
        "id": str(one.id), "number": one.number, "at": one.at.isoformat(), "actor": one.actor or one.actor_kind,
        "actor_kind": one.actor_kind, "via": one.via, "action": one.action, "type": one.type,
        "entity": str(one.entity) if one.entity else None, "title": one.title,
        "department": str(one.department) if one.department else None,
    }


def line_of(one: LogEntry, row: Any) -> str:
    """An entry with its values, digest and link, as one line; ``changes`` is None where they were erased."""
    proof = {
        "changes": json.loads(row.changes) if row.changes is not None else None, "salt": row.salt.hex() if row.salt else None,
        "digest": row.digest.hex(), "chain": row.chain.hex() if row.chain else None,
    }
    actor = {"actor_id": str(row.actor_id) if row.actor_id else None}
    return json.dumps({**entry_as_json(one), **actor, **proof}, ensure_ascii=False)


def verification_as_json(found: Verification) -> dict[str, Any]:
    """What a walk along the chain found."""
    return {
        "state": "whole" if found.is_whole else "broken", "verified": found.verified, "erased": found.erased,
        "waiting": found.waiting, "head": str(found.head), "differences": found.broken,
        "breaks": [
            {"number": one.number, "id": str(one.id) if one.id else None, "at": one.at.isoformat() if one.at else None,
             "message": str(one.message)}
            for one in found.breaks
        ],
    }


def accesses_as_json(items: Iterable[Access]) -> list[dict[str, Any]]:
    """Who saw or exported an entity."""
    return [
        {"id": str(one.id), "at": one.at.isoformat(), "user": one.user, "via": one.via, "kind": one.kind, "type": one.type,
         "filter": one.filter, "count": one.count}
        for one in items
    ]
