# SPDX-License-Identifier: Apache-2.0
"""``xrm plugin remove`` and ``restore``: taking a plugin out with all its data, and back."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from xrm.migrate.steps import Step
from xrm.plugin_preview.service import note_applied
from xrm.plugin_removal.dropping import drop_due
from xrm.plugin_removal.inventory import Inventory
from xrm.plugin_removal.records import DROPPED, Removal, list_removals
from xrm.plugin_removal.removing import look_at, remove_plugin
from xrm.plugin_removal.restoring import Restored, restore_plugin
from xrm.unit_of_work import system_actor
from xrm_cli.declaring import Command
from xrm_cli.output import print_table, say
from xrm_cli.session import Session, with_session

REFUSED = 3
EXAMPLES = [
    "xrm plugin remove press", "xrm plugin remove press --yes --now", "xrm plugin remove press --export /srv/press.xrmplugin",
]


@click.command("remove", cls=Command, examples=EXAMPLES)
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.option("--now", is_flag=True, help="Drop its data at once, not after thirty days.")
@click.option("--export", "file", type=click.Path(dir_okay=False, path_type=Path),
              help="Where to export it to (default: the folder removed of the instance).")
@with_session
def remove(session: Session, *, name: str, yes: bool, now: bool, file: Path | None) -> None:
    """Show all that goes with a plugin, export it to one file, and switch it off; its data is dropped after thirty days.

    xrm plugin restore takes it back, before and after. Exit code 3 when nothing was done because nobody said yes.
    """
    session.refuse_as()
    subject = look_at(session.runtime, name)
    if not session.options.as_json:
        _show(subject.inventory)
    if not _agreed(session, name, is_confirmed=yes, now=now):
        session.give({"plugin": name, "state": None, "inventory": subject.inventory.to_json()}, lambda: None)
        click.get_current_context().exit(REFUSED)
    removal = remove_plugin(session.runtime, subject, actor=_who(session), target=file, now=now, told=_teller(session))
    session.give({**_as_json(removal), "inventory": subject.inventory.to_json()}, lambda: None)
    _tell(removal)


def _agreed(session: Session, name: str, *, is_confirmed: bool, now: bool) -> bool:
    if is_confirmed:
        return True
    if session.options.as_json or not sys.stdin.isatty():
        say("Nothing was changed. Look at what goes, then run it with --yes.")
        return False
    when = "now" if now else "in thirty days"
    question = f"{name} is exported and removed; its data is dropped {when}. To do it, type its name"
    if str(click.prompt(question, default="", show_default=False, err=True)).strip() == name:
        return True
    say("That is not its name. Nothing was changed.")
    return False


def _show(found: Inventory) -> None:
    rows = [{"what": what, "name": name, "rows": count} for what, name, count in _lines(found)]
    print_table(rows, ("what", "name", "rows"))
    if found.needed_by:
        say(f"Needed by {', '.join(found.needed_by)}: remove those first.")


def _lines(found: Inventory) -> Iterator[tuple[str, str, int | str]]:
    for what, counts in (
        ("entity type", found.entity_types), ("role", found.roles), ("relationship type", found.relationship_types),
        ("interaction kind", found.interaction_kinds), ("score model", found.score_models), ("with them", found.attached),
        ("links that become empty", found.others), ("table", found.tables),
    ):
        yield from ((what, name, count) for name, count in counts.items())
    yield "indexes", "", found.indexes
    yield from (("field of your own", name, "") for name in found.own_fields)
    yield from (("kept of former fields", name, "") for name in found.kept)


def _tell(removal: Removal) -> None:
    say(f"Exported: {removal.archive}, {sum(removal.counts.values())} rows, SHA-256 {removal.sha256}")
    if removal.state == DROPPED:
        say(f"Dropped. Receipt: {removal.receipt}")
        say(f"Uninstall its package, or leave it. To take all back: xrm plugin restore {removal.plugin}")
    else:
        say(f"{removal.plugin} is off. Its data is dropped on {removal.due_at.date()}, or at once by xrm plugin remove "
            f"{removal.plugin} --now. To take it back: xrm plugin restore {removal.plugin}")


def _as_json(removal: Removal) -> dict[str, Any]:
    return {
        "plugin": removal.plugin, "state": removal.state, "version": removal.version, "archive": str(removal.archive),
        "sha256": removal.sha256, "rows": dict(removal.counts), "removed_at": removal.removed_at.isoformat(),
        "removed_by": removal.removed_by, "due": removal.due_at.date().isoformat() if removal.state != DROPPED else None,
        "receipt": removal.receipt or None,
    }


@click.command("restore", cls=Command, examples=[
    "xrm plugin restore press", "xrm plugin restore press /srv/press.xrmplugin", "xrm plugin restore press --empty",
])
@click.argument("name")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--empty", is_flag=True, help="Begin anew without its data, which stays in its export.")
@with_session
def restore(session: Session, *, name: str, file: Path | None, empty: bool) -> None:
    """Take a removed plugin back, with all its data: what is still there, else what lies in its export (or FILE)."""
    session.refuse_as()
    restored = restore_plugin(session.runtime, name, file, actor=_who(session), is_empty=empty, told=_teller(session))
    session.runtime.write(lambda uow: note_applied(uow, name), system_actor())
    session.give(_restored_as_json(restored), lambda: None)
    rows = sum(restored.loaded.rows.values())
    is_here = any(one.name == name and one.is_on for one in session.runtime.host.plugins)
    said = "is on again" if is_here else "is not removed any more; it is not installed, so its data can be read only"
    say(f"{name} {said}." + (f" {rows} rows came out of {restored.archive}." if rows else ""))
    for table, count in restored.loaded.left_out.items():
        say(f"Left out: {count} of {table}, because what they belonged to, or their place, is gone.")
    if restored.waiting:
        say(f"{restored.waiting} steps wait. Run: xrm schema apply")


def due_removals(session: Session) -> list[str]:
    """The removed plugins whose data goes with the next apply."""
    return [one.plugin for one in list_removals(session.runtime.engine) if one.is_due]


def drop_what_is_due(session: Session) -> None:
    """Drop the data of removed plugins whose days are over, and say which exports wait for plugins that are installed again."""
    for one in drop_due(session.runtime, actor=_who(session), told=_teller(session)):
        _tell(one)
    installed = {one.name for one in session.runtime.host.plugins if one.folder is not None}
    for one in list_removals(session.runtime.engine):
        if one.plugin in installed and one.state == DROPPED:
            say(f"{one.plugin} is installed, and off: its data lies in {one.archive}. xrm plugin restore {one.plugin} takes it "
                "back, with --empty it begins anew.")


def _restored_as_json(restored: Restored) -> dict[str, Any]:
    return {
        "plugin": restored.plugin, "archive": str(restored.archive) if restored.archive else None, "rows": restored.loaded.rows,
        "left_out": restored.loaded.left_out, "waiting": restored.waiting,
    }


def _who(session: Session) -> str:
    return f"{session.actor.name or session.actor.kind} ({getpass.getuser()})"


def _teller(session: Session) -> Any:
    return None if session.options.as_json else _tell_step


def _tell_step(step: Step) -> None:
    say(f"{step.owner}: {step.action} {step.target}")
