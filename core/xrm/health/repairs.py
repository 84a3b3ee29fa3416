# SPDX-License-Identifier: Apache-2.0
"""The one list of repairs that lose nothing: each finds out by itself whether there is something to do, and may be done twice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from xrm.access.policy import require_everywhere
from xrm.access.viewing_as import refuse_view
from xrm.errors import Message, NotFound, XrmError, msg
from xrm.health.backups import mend_leftovers
from xrm.health.contents import mend_full_text, mend_orphans, mend_search
from xrm.health.databases import mend_log_size
from xrm.health.ended import sweep_ended
from xrm.health.jobs import give_back_jobs
from xrm.health.sequences import mend_numbers
from xrm.health.service import record_repair
from xrm.health.surroundings import mend_folder_mode, mend_private_files, mend_secret_mode
from xrm.health.tables import mend_indexes
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, UnitOfWork

logger = logging.getLogger("xrm.health")
Mend = Callable[[Runtime], Iterable[Message]]

# In this order: what lets the instance be written again comes first. Each says what was before and what is now.
REPAIRS: dict[str, Mend] = {
    "private_files": lambda runtime: mend_private_files(runtime.settings),
    "folder_mode": lambda runtime: mend_folder_mode(runtime.settings),
    "secret_mode": lambda runtime: mend_secret_mode(runtime.settings),
    "missing_indexes": mend_indexes,
    "full_text": mend_full_text,
    "search_documents": mend_search,
    "numbering": mend_numbers,
    "stuck_jobs": give_back_jobs,
    "ended_sessions": sweep_ended,
    "leftovers": mend_leftovers,
    "orphaned_files": mend_orphans,
    "checkpoint": mend_log_size,
}


@dataclass(frozen=True)
class Mended:
    """What one repair did: its name, and a sentence that says what was before and what is now."""

    repair: str
    message: Message
    has_failed: bool = False


def mend(runtime: Runtime, name: str) -> list[Mended]:
    """Do one repair; nothing when there was nothing to do.

    Raises:
        KeyError: when there is no such repair.
    """
    return [Mended(name, said) for said in REPAIRS[name](runtime)]


def mend_all(runtime: Runtime) -> Iterator[Mended]:
    """Do all repairs for which there is something to do; one that fails says why and does not keep the others."""
    for name in REPAIRS:
        try:
            yield from mend(runtime, name)
        except (XrmError, DBAPIError, OSError) as error:
            logger.exception("the repair %s failed", name)
            why = error.message if isinstance(error, XrmError) else str(getattr(error, "orig", error)).strip().partition("\n")[0]
            yield Mended(name, msg("The repair {name} could not be done: {why}", name=name, why=why), has_failed=True)


def repair(runtime: Runtime, name: str, actor: Actor) -> list[Mended]:
    """Do one repair for somebody who may administer the instance, and write it down; it may be done twice.

    Raises:
        PermissionDenied: without the right ``instance:administer`` in all departments.
        NotFound: when there is no such repair.
        ConfigurationError: (``read_only``) when something else keeps the instance from being written.
    """
    runtime.read(lambda uow: require_everywhere(uow, "instance:administer"), actor)
    if name not in REPAIRS:
        raise NotFound(msg("There is no repair {name}.", name=name))
    refuse_view(actor)
    done = mend(runtime, name)
    record(runtime, done, actor)
    return done


def record(runtime: Runtime, done: Iterable[Mended], actor: Actor) -> None:
    """Write down what repairs did, apart from those that failed."""
    said = [(one.repair, str(one.message)) for one in done if not one.has_failed]
    if said:
        runtime.write(lambda uow: _record(uow, said), actor)


def _record(uow: UnitOfWork, said: Sequence[tuple[str, str]]) -> None:
    for name, text in said:
        record_repair(uow, name, text)
