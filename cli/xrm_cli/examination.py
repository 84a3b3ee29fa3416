# SPDX-License-Identifier: Apache-2.0
"""The examination of ``xrm doctor``: what keeps the program from being opened, and then all checks of the registry, deeply."""

from __future__ import annotations

import importlib

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from xrm.db.damage import is_damage
from xrm.db.health import missing_file
from xrm.errors import Message, XrmError, msg
from xrm.health.checks import Ground
from xrm.health.examination import examine
from xrm.health.findings import HealthFinding
from xrm.health.program import check_python
from xrm.health.surroundings import check_folder
from xrm.health.tables import RESTORE
from xrm.runtime import Runtime
from xrm_cli.session import Session

ICONS = "xrm_web.assets"  # by name: command line and web do not know each other


def examine_instance(session: Session) -> list[HealthFinding]:
    """All findings, what is broken first; where the program cannot be opened, why."""
    try:
        settings = session.settings
    except XrmError as error:
        return [_broken("settings", error.message, msg("Mend the file named above."))]
    if not settings.home.is_dir():
        remedy = msg("Run xrm init, or set XRM_HOME to the instance's folder.")
        return [_broken("folder", msg("{folder} is not there.", folder=settings.home), remedy)]
    absent = missing_file(settings.database_url)
    if absent is not None:
        found = _broken("database", msg("{file} is not there.", file=absent), msg("Run xrm init, or set XRM_DATABASE_URL."))
    else:
        opened = _opened(session)
        if isinstance(opened, Runtime):
            return examine(Ground(opened, importlib.import_module(ICONS).icon_names()), deep=True)
        found = opened
    return [found, *check_python(settings), *check_folder(settings)]


def _opened(session: Session) -> Runtime | HealthFinding:
    try:
        with session.opened.engine.connect():
            return session.opened
    except (XrmError, SQLAlchemyError) as error:
        why = msg("{why}", why=str(getattr(error, "orig", error)).strip().partition("\n")[0])
        if isinstance(error, DBAPIError) and is_damage(error):
            return _broken("database", why, RESTORE)
        return _broken("database", why, msg("Check that the database runs and that XRM_DATABASE_URL is right."))


def _broken(check: str, message: Message, remedy: Message) -> HealthFinding:
    return HealthFinding(check, "bad", message, remedy, by=check)
