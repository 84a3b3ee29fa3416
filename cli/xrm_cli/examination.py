# SPDX-License-Identifier: Apache-2.0
"""The checks of ``xrm doctor``: each says its state, what was found and what to do."""

from __future__ import annotations

import json
import os
import platform
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from xrm.db.damage import forget_damage, is_damage, note_damage
from xrm.db.health import find_broken_links, find_damage, find_index_damage, missing_file
from xrm.errors import XrmError
from xrm.health.examination import examine_surroundings
from xrm.migrate.apply import has_tables
from xrm.migrate.drift import find_drift
from xrm.migrate.missing import find_missing
from xrm.migrate.progress import interrupted
from xrm.migrate.stale import stale_types
from xrm.migrate.upgrade import plan_for
from xrm.plugin_host.blocks import Text
from xrm.plugin_removal.belongings import belongings_from_json
from xrm.plugin_removal.records import list_removals
from xrm.runtime import Runtime
from xrm.schema.model import Label
from xrm.sealing import is_weak
from xrm.settings import SECRET_FILE, Settings
from xrm.unit_of_work import system_actor
from xrm_cli.findings import Finding
from xrm_cli.main import OLDEST_PYTHON
from xrm_cli.plugin_examination import examine_plugins, without_praise
from xrm_cli.session import Session
from xrm_cli.sign_in_examination import examine_mail, examine_single_sign_on

NO_TABLES = "If there was data in it: xrm backup list, then xrm backup restore FILE. If it is new: xrm schema apply."
RESTORE = "Nothing is written meanwhile. Stop xrm, keep a copy of the database, then: xrm backup list, xrm backup restore FILE"
UNREACHABLE = "Check that the database runs and that XRM_DATABASE_URL is right."


def examine(session: Session) -> list[Finding]:
    """All findings; a check that cannot run because of an earlier one is left out."""
    findings = [_python()]
    try:
        settings = session.settings
    except XrmError as error:
        return [*findings, Finding("settings", "bad", str(error), "Mend the file named above.")]
    if not settings.home.is_dir():
        remedy = "Run xrm init, or set XRM_HOME to the instance's folder."
        return [*findings, Finding("folder", "bad", f"{settings.home} is not there.", remedy)]
    findings += [_folder(settings.home), _secret(settings)]
    absent = missing_file(settings.database_url)
    if absent is not None:
        return [*findings, Finding("database", "bad", f"{absent} is not there.", "Run xrm init, or set XRM_DATABASE_URL.")]
    try:
        runtime = session.opened
        reachable = has_tables(runtime.engine)
    except (XrmError, SQLAlchemyError) as error:
        why = str(getattr(error, "orig", error)).strip().split("\n")[0]
        is_damaged = isinstance(error, DBAPIError) and is_damage(error)
        return [*findings, Finding("database", "bad", why, RESTORE if is_damaged else UNREACHABLE)]
    findings += examine_plugins(runtime)
    if not reachable:
        return [*findings, Finding("database", "bad", "It answers, but has no tables.", NO_TABLES)]
    findings.append(Finding("database", "good", f"{runtime.engine.dialect.name} answers."))
    findings += [examine_mail(settings), *examine_single_sign_on(settings), *_additions(runtime)]
    try:
        findings += _tables(runtime)
    except DBAPIError as error:
        why = str(error.orig).strip().partition("\n")[0]
        findings += _integrity(runtime, [why] if is_damage(error) else [])
        findings.append(Finding("tables", "bad", f"They cannot be looked at: {why}.", RESTORE))
    findings += _surroundings(runtime, {one.check for one in findings if one.state != "good"})
    return without_praise(findings)


def _surroundings(runtime: Runtime, known: set[str]) -> Iterator[Finding]:
    """What the running program finds as well, unless it was said already."""
    for one in examine_surroundings(runtime):
        if one.check not in known:
            yield Finding(one.check, one.state, str(one.message), str(one.remedy or ""))


def _python() -> Finding:
    if sys.version_info[:2] < OLDEST_PYTHON:
        return Finding("python", "bad", f"Python {platform.python_version()} is too old.", "Install 3.11 or newer.")
    return Finding("python", "good", f"Python {platform.python_version()}")


def _folder(home: Path) -> Finding:
    if not os.access(home, os.W_OK | os.X_OK):
        return Finding("folder", "bad", f"{home} cannot be written.", "Give the user who runs xrm the right to write there.")
    if stat.S_IMODE(home.stat().st_mode) & 0o007:
        return Finding("folder", "warn", f"Others on this machine can look into {home}.", f"chmod o-rwx {home}")
    return Finding("folder", "good", str(home))


def _secret(settings: Settings) -> Finding:
    file = settings.home / SECRET_FILE
    if is_weak(settings.secret_key):
        return Finding("secret", "bad", f"{file} is missing, too short or easily guessed.",
                       "Remove the file if it is there, and the setting secret_key, then run xrm init.")
    if file.is_file() and stat.S_IMODE(file.stat().st_mode) & 0o077:
        return Finding("secret", "warn", f"Others can read {file}.", f"chmod 600 {file}")
    return Finding("secret", "good", "It is there, and only its owner can read it.")


def _additions(runtime: Runtime) -> Iterator[Finding]:
    """What administrators added and does not fit to what plugins declare now."""
    away = _types_of_removed(runtime)
    for misfit in runtime.misfits:
        named = ".".join(part for part in (misfit.addition.type_name, misfit.addition.key) if part)
        why = " ".join(str(problem) for problem in misfit.problems)
        if misfit.addition.type_name in away:
            yield Finding("own fields", "good", f"{named} is off with the plugin that has its type, and comes back with it.")
            continue
        yield Finding("own fields", "bad", f"{named} is left out: {why}", "Change or retire it with xrm field; its data is kept.")


def _types_of_removed(runtime: Runtime) -> set[str]:
    removed = [belongings_from_json(json.loads(one.belongings)) for one in list_removals(runtime.engine)]
    return {name for one in removed for name in one.entity_types}


def _tables(runtime: Runtime) -> Iterator[Finding]:
    damage = find_damage(runtime.engine)
    yield from _integrity(runtime, damage)
    if damage:
        return  # what waits is not done before that is mended
    if broken := find_broken_links(runtime.engine):
        yield Finding("links", "bad", "; ".join(broken[:5]), RESTORE)
    plan = plan_for(runtime.engine, runtime.registry)
    waiting = plan.steps
    if begun := interrupted(runtime.engine):
        yield Finding("tables", "bad", f"Plan {begun['plan']} was interrupted at step {begun['step']} of {begun['of']}.",
                      "Run xrm schema apply to go on, or xrm schema rollback to take it back.")
        return
    if plan.problems:
        yield Finding("tables", "bad", " ".join(plan.problems), "Mend that; xrm schema plan shows it.")
        return
    if waiting:
        yield Finding("tables", "bad", f"{len(waiting)} schema steps wait, such as: {waiting[0].action} {waiting[0].target}.",
                      "Run xrm schema apply.")
        return
    yield from _as_made(runtime)
    yield from _health_checks(runtime)


def _as_made(runtime: Runtime) -> Iterator[Finding]:
    """Whether tables, titles and the search index are as the last change made them."""
    if drift := find_drift(runtime.engine):
        said = f"Somebody changed the database by hand in {len(drift)} place{'' if len(drift) == 1 else 's'}."
        yield Finding("tables", "warn", said, "xrm schema check names them.")
    else:
        yield Finding("tables", "good", "They are as declared.")
    if stale := stale_types(runtime.engine):
        said = f"Titles, search and stored formulas wait to be made anew: {', '.join(stale)}."
        yield Finding("tables", "warn", said, "Run xrm schema apply.")
    index = find_index_damage(runtime.engine)
    if index:
        yield Finding("search index", "bad", f"It does not fit its contents: {index}.", "xrm doctor --rebuild-search")
    else:
        yield Finding("search index", "good", "It fits its contents.")


def _integrity(runtime: Runtime, damage: list[str]) -> Iterator[Finding]:
    """What is damaged or missing; noted, so that nothing is written, or forgotten when all is whole again."""
    missing = [] if damage else find_missing(runtime.engine)
    if damage:
        yield Finding("integrity", "bad", "; ".join(damage[:5]), RESTORE)
    for one in missing:
        said = str(one.message)
        remedy = "xrm doctor --fix" if one.kind == "index" and one.statement else RESTORE
        yield Finding("integrity", "bad", f"{said[0].upper()}{said[1:]}.", remedy)
    if damage or missing:
        note_damage(runtime.settings.home, damage or [str(one.message) for one in missing])
    else:
        forget_damage(runtime.settings.home)
        yield Finding("integrity", "good", "The database finds nothing wrong with itself, and nothing is missing.")


def _health_checks(runtime: Runtime) -> Iterator[Finding]:
    answers = runtime.read(lambda uow: runtime.host.ask("health_checks", uow=uow), system_actor())
    for failure in answers.failures:
        yield Finding(f"plugin {failure.plugin}", "bad", str(failure.message), "Report it to the plugin's author.")
    for answer in answers:
        check = answer.value
        yield Finding(f"{answer.plugin}: {_words(check.label)}", check.state, _words(check.message), _words(check.remedy))


def _words(text: Text) -> str:
    return text.get("en") if isinstance(text, Label) else str(text)
