# SPDX-License-Identifier: Apache-2.0
"""The last look before a batch is written: whether its links are allowed and no plugin refuses."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from xrm.entities.links import Title, check_links
from xrm.errors import InvalidInput, Problem
from xrm.plugin_host.contributions import EntityChange
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork


def check_batch(
    uow: UnitOfWork, entity_type: EntityType, changes: Sequence[EntityChange], given: Sequence[Mapping[str, Any]]
) -> dict[uuid.UUID, Title]:
    """The titles of all entities linked from ``given``, the values that are new in each change.

    Raises:
        InvalidInput: for a link to what is not there or of the wrong type, or when a plugin refuses; in a batch of several, the
            path of each problem begins with the number of its row.
        PluginError: when a plugin that decides fails.
    """
    titles, found = check_links(uow, entity_type, given)
    problems = [
        Problem(f"{row}.{problem.path}" if len(changes) > 1 else problem.path, problem.message)
        for row, in_row in enumerate(found)
        for problem in in_row
    ]
    row_of = {change.entity_id: row for row, change in enumerate(changes)}
    departments = tuple({change.department for change in changes if change.department is not None})
    answers = uow.host.ask("validate_entities", department=departments, uow=uow, changes=tuple(changes))
    for answer in answers:
        refusal = answer.value
        path = f"{row_of[refusal.change.entity_id]}.{refusal.field}" if len(changes) > 1 else refusal.field
        problems.append(Problem(path, refusal.message))
    if problems:
        raise InvalidInput(problems)
    return titles
