# SPDX-License-Identifier: Apache-2.0
"""Checks of tables: whole, as declared, no change half done; and the repair of indexes that are missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xrm.db.damage import damage_message, forget_damage, note_damage, noted_damage
from xrm.db.health import find_broken_links, find_damage
from xrm.errors import Message, msg
from xrm.health.findings import HealthFinding
from xrm.migrate.drift import find_drift
from xrm.migrate.missing import Missing, find_missing, make_missing_indexes
from xrm.migrate.progress import interrupted
from xrm.migrate.stale import stale_types
from xrm.migrate.upgrade import plan_for
from xrm.runtime import Runtime

RESTORE = msg(
    "Nothing is written meanwhile. Stop xrm, keep a copy of the database, then: xrm backup list, xrm backup restore FILE"
)


def check_integrity(runtime: Runtime) -> Iterator[HealthFinding]:
    """What is missing of all that was made, and what was found damaged before."""
    missing = find_missing(runtime.engine)
    yield from _missing(missing)
    before = [one for one in noted_damage(runtime.settings.home) if one not in {str(each.message) for each in missing}]
    if before:
        remedy = msg("xrm doctor looks whether that is still so, and lets the instance be written again when it is not.")
        yield HealthFinding("integrity", "bad", damage_message(before), remedy)


def examine_integrity(runtime: Runtime) -> Iterator[HealthFinding]:
    """The same after every page was read; noted, so that nothing is written, or forgotten when all is whole again."""
    damage = find_damage(runtime.engine)
    missing = [] if damage else find_missing(runtime.engine)
    if damage:
        yield HealthFinding("integrity", "bad", Message("{found}", {"found": "; ".join(damage[:5])}), RESTORE)
    yield from _missing(missing)
    if damage or missing:
        note_damage(runtime.settings.home, damage or [str(one.message) for one in missing])
    else:
        forget_damage(runtime.settings.home)
        yield HealthFinding("integrity", "good", msg("The database finds nothing wrong with itself, and nothing is missing."))


def _missing(missing: Sequence[Missing]) -> Iterator[HealthFinding]:
    for one in missing:
        can_be_made = one.kind == "index" and bool(one.statement)
        remedy = msg("It is made again without loss, here or by xrm doctor --fix.") if can_be_made else RESTORE
        yield HealthFinding("integrity", "bad", _sentence(one), remedy, fix="missing_indexes" if can_be_made else "")


def _sentence(one: Missing) -> Message:
    if one.kind == "table":
        return msg("The table {table} is missing.", table=one.table)
    if one.kind == "column":
        return msg("The column {name} of {table} is missing.", name=one.name, table=one.table)
    if one.is_broken:
        return msg("The index {name} of {table} is not valid.", name=one.name, table=one.table)
    return msg("The index {name} of {table} is missing.", name=one.name, table=one.table)


def mend_indexes(runtime: Runtime) -> Iterator[Message]:
    """Make the indexes again, and let the instance be written when nothing else was wrong with it."""
    missing = find_missing(runtime.engine)
    if not any(one.kind == "index" and one.statement for one in missing):
        return
    made, failed = make_missing_indexes(runtime.engine)
    for one in made:
        yield msg("The index {name} of {table} was missing; now it is there again.", name=one.name, table=one.table)
    for one, why in failed:
        yield msg("The index {name} of {table} is missing still: {why}", name=one.name, table=one.table, why=why)
    left = [str(one.message) for one in find_missing(runtime.engine)]
    known = {str(one.message) for one in missing}
    others = [one for one in noted_damage(runtime.settings.home) if one not in known]
    if left or others:
        note_damage(runtime.settings.home, [*others, *left])
    else:
        forget_damage(runtime.settings.home)


def examine_links(runtime: Runtime) -> Iterator[HealthFinding]:
    """Rows that refer to rows which are not there."""
    if broken := find_broken_links(runtime.engine):
        yield HealthFinding("links", "bad", Message("{found}", {"found": "; ".join(broken[:5])}), RESTORE)


def check_tables(runtime: Runtime) -> Iterator[HealthFinding]:
    """Whether a change of the schema waits, cannot be made, or is half done."""
    if begun := interrupted(runtime.engine):
        said = msg("Plan {plan} was interrupted at step {step} of {of}.", plan=begun["plan"], step=begun["step"], of=begun["of"])
        yield HealthFinding("tables", "bad", said, msg("Run xrm schema apply to go on, or xrm schema rollback to take it back."))
        return
    plan = plan_for(runtime.engine, runtime.registry)
    if plan.problems:
        yield HealthFinding("tables", "bad", Message("{found}", {"found": " ".join(plan.problems)}),
                            msg("Mend that; xrm schema plan shows it."))
    elif plan.steps:
        first = plan.steps[0]
        said = msg("Steps of a schema change that wait: {count}, such as: {action} {target}.", count=len(plan.steps),
                   action=first.action, target=first.target)
        yield HealthFinding("tables", "bad", said, msg("Run xrm schema apply."))
    else:
        yield HealthFinding("tables", "good", msg("They are as declared."))


def examine_drift(runtime: Runtime) -> Iterator[HealthFinding]:
    """Whether somebody changed tables by hand."""
    if drift := find_drift(runtime.engine):
        said = msg("Changes that somebody made to the tables by hand: {count}.", count=len(drift))
        yield HealthFinding("tables", "warn", said, msg("xrm schema check names them."), about="by hand")


def check_titles(runtime: Runtime) -> Iterator[HealthFinding]:
    """Whether titles, search and stored formulas are as the last change of the schema wants them."""
    if stale := stale_types(runtime.engine):
        said = msg("Titles, search and stored formulas wait to be made anew: {types}.", types=", ".join(stale))
        yield HealthFinding("titles", "warn", said, msg("Run xrm schema apply."))
