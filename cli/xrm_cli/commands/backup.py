# SPDX-License-Identifier: Apache-2.0
"""``xrm backup``: the whole instance in one file, and back."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click

from xrm.backup.create import FOLDER, create_backup
from xrm.backup.listing import ListedBackup, list_backups
from xrm.backup.manifest import Manifest
from xrm.backup.restore import PreparedRestore, Restored, prepare_restore
from xrm.backup.verify import verify_backup
from xrm.errors import Conflict, msg
from xrm_cli.declaring import Noun
from xrm_cli.output import print_pairs, say
from xrm_cli.session import Session, with_session


@click.group(cls=Noun)
def backup() -> None:
    """Backups: create, verify, restore, list."""


def _described(manifest: Manifest) -> dict[str, Any]:
    return {
        "program": manifest.program, "database": manifest.database, "made_at": manifest.made_at.isoformat(),
        "tables": len(manifest.tables), "rows": sum(manifest.tables.values()), "files": manifest.files,
        "has_secret": manifest.has_secret, "ledger_position": manifest.ledger_position, "plugins": dict(manifest.plugins),
    }


def _in_words(described: dict[str, Any]) -> dict[str, Any]:
    plugins = [f"{name} {version}" for name, version in described.pop("plugins").items()]
    return {**described, "plugins": plugins}


@backup.command("create", examples=["xrm backup create", "xrm backup create before-upgrade.xrmbackup --json"])
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Replace FILE when it is there already.")
@with_session
def create(session: Session, *, file: Path | None, yes: bool) -> None:
    """Write database, files, configuration and secret into one FILE, while others work.

    Without FILE it goes to the folder backups of the instance.
    """
    session.refuse_as()
    begin = time.monotonic()
    made = create_backup(session.runtime, file, may_replace=yes)
    described = {
        "file": str(made.path), "size": made.path.stat().st_size, "seconds": round(time.monotonic() - begin, 2),
        **_described(made.manifest),
    }
    session.give(described, lambda: print_pairs(_in_words(described).items()))
    if made.manifest.missing_files:
        say(f"Warning: {len(made.manifest.missing_files)} uploaded files are not in the instance's folder any more, "
            f"such as {made.manifest.missing_files[0]}.")
    if made.manifest.has_secret:
        say("The backup holds the secret key and all data: keep it where only you can read it.")
    else:
        say("The secret key is set by XRM_SECRET_KEY and so not in the backup: keep it too.")


@backup.command("verify", examples=["xrm backup verify before-upgrade.xrmbackup"])
@click.argument("file", type=click.Path(path_type=Path))
@with_session
def verify(session: Session, *, file: Path) -> None:
    """Read all of FILE and compare every sum, and examine the database in it. Exit code 1 when anything is wrong."""
    session.refuse_as()
    found = verify_backup(file)
    described: dict[str, Any] = {
        "file": str(file), "is_whole": found.is_whole, "problems": [str(problem) for problem in found.problems],
        **(_described(found.manifest) if found.manifest else {}),
    }
    session.give(described, lambda: _print_verified(described))
    say("The backup is whole." if found.is_whole else "The backup is damaged. Do not rely on it; make another one.")
    click.get_current_context().exit(0 if found.is_whole else 1)


def _print_verified(described: dict[str, Any]) -> None:
    problems = described.pop("problems")
    print_pairs((_in_words(described) if "plugins" in described else described).items())
    for problem in problems:
        say(f"  {problem}")


@backup.command("restore", examples=["xrm backup restore before-upgrade.xrmbackup --yes"])
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Replace the data that the instance holds.")
@with_session
def restore(session: Session, *, file: Path, yes: bool) -> None:
    """Put the data of FILE in the place of the instance's; all of it or nothing. Stop xrm serve and xrm worker first.

    A backup of an earlier program is brought to this program's schema on the way; one of a later program is refused.
    """
    session.refuse_as()
    with prepare_restore(session.settings, file) as prepared:
        _confirm(prepared, yes=yes)
        restored = prepared.run()
    described = {
        "file": str(file), "home": str(session.settings.home), "steps": restored.steps, "indexed": restored.indexed,
        "files_placed": restored.files, "kept": str(restored.kept) if restored.kept else None,
        "notes": [str(note) for note in restored.notes], **_described(restored.manifest),
    }
    session.give(described, lambda: _print_restored(described, restored))


def _confirm(prepared: PreparedRestore, *, yes: bool) -> None:
    if not prepared.holds_data or yes:
        return
    if sys.stdin.isatty():
        made = f"{prepared.manifest.made_at:%Y-%m-%d %H:%M} UTC"
        click.confirm(f"{prepared.settings.home} holds data. Replace it by that of {made}?", abort=True, err=True)
        return
    raise Conflict(
        msg("{home} holds data, which a restore replaces. Nothing was changed. Say --yes to replace it.",
            home=prepared.settings.home),
        code="refused",
    )


def _print_restored(described: dict[str, Any], restored: Restored) -> None:
    described.pop("notes")
    print_pairs(_in_words(described).items())
    for note in restored.notes:
        say(str(note))
    if restored.kept:
        say(f"The database from before lies in {restored.kept}. Delete it when all is well.")
    say("Restored. Look with xrm doctor, then serve: xrm serve")


@backup.command("list", examples=["xrm backup list", "xrm backup list --folder /srv/backups --json"])
@click.option("--folder", type=click.Path(path_type=Path), help="Where to look (default: the folder backups of the instance).")
@with_session
def list_command(session: Session, *, folder: Path | None) -> None:
    """List backups with time, size and program, and whether each looks whole; xrm backup verify reads all of one."""
    session.refuse_as()
    items = [_item(one) for one in list_backups(folder or session.settings.home / FOLDER)]
    session.give_list(items, ("file", "made_at", "size", "program", "database", "looks_whole", "problem"))


def _item(one: ListedBackup) -> dict[str, Any]:
    manifest = one.manifest
    return {
        "file": str(one.path), "made_at": manifest.made_at.isoformat() if manifest else None, "size": one.size,
        "program": manifest.program if manifest else None, "database": manifest.database if manifest else None,
        "looks_whole": not one.problem, "problem": one.problem,
    }
