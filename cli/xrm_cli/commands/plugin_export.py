# SPDX-License-Identifier: Apache-2.0
"""``xrm plugin export``: all data of a plugin in one file, whether the plugin is still there or not."""

from __future__ import annotations

from pathlib import Path

import click

from xrm.errors import NotFound, msg
from xrm.plugin_removal.belongings import find_belongings
from xrm.plugin_removal.export import export_plugin
from xrm.plugin_removal.noting import note_export
from xrm_cli.declaring import Command
from xrm_cli.output import print_pairs
from xrm_cli.session import Session, with_session


@click.command("export", cls=Command, examples=["xrm plugin export press", "xrm plugin export press --out press.xrmplugin"])
@click.argument("name")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write (default: in the folder removed).")
@with_session
def export_command(session: Session, *, name: str, out: Path | None) -> None:
    """Write all that is a plugin's into one file; the data stays where it is. Also of a plugin that is missing."""
    session.refuse_as()
    runtime = session.runtime
    with runtime.engine.connect() as connection, connection.begin():
        mine = find_belongings(connection, name, runtime.host, runtime.registry)
    if mine.is_empty:
        raise NotFound(msg("Nothing here belongs to a plugin {name}. xrm plugin list shows those that are known.", name=name))
    path, manifest = export_plugin(runtime, mine, out)
    session.write(lambda uow: note_export(uow, mine, sum(part.rows for part in manifest.parts)))
    described = {"file": str(path), "plugin": name, "version": manifest.version,
                 "rows": {part.member: part.rows for part in manifest.parts}}
    session.give(described, lambda: print_pairs([("file", path), ("rows", sum(part.rows for part in manifest.parts))]))
