# SPDX-License-Identifier: Apache-2.0
"""Putting a backup in the place of an instance's data: made ready beside it, brought to this program's schema, then exchanged."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import make_url

from xrm.backup.copy_sqlite import MEMBER
from xrm.backup.dump_postgresql import load_database
from xrm.backup.live_postgresql import LiveDatabase, hold_database
from xrm.backup.live_sqlite import LiveFile, hold_file
from xrm.backup.manifest import Manifest
from xrm.backup.placing import clear_staging, open_staging, place_configuration, place_files, place_plugins
from xrm.backup.verify import extract, require_whole
from xrm.db.damage import forget_damage
from xrm.db.engine import for_writing, open_engine
from xrm.db.room import require_room
from xrm.errors import ConfigurationError, Message, msg
from xrm.migrate.upgrade import apply_changes
from xrm.runtime import Runtime, open_runtime
from xrm.search.index import rebuild
from xrm.settings import Settings
from xrm.unit_of_work import system_actor
from xrm.versions import is_newer, program_version

Opened = Callable[[Settings], Runtime]


@dataclass(frozen=True)
class Restored:
    """What was done: schema steps on the way to this program, entities made findable, files put in place, and what to know.

    ``kept`` is where the database file from before lies, if there was one.
    """

    manifest: Manifest
    steps: int
    indexed: int
    files: int
    kept: Path | None
    notes: tuple[Message, ...]


@dataclass(frozen=True)
class PreparedRestore:
    """A backup that fits and a database that nobody uses; ``holds_data``: whether anything would be replaced."""

    path: Path
    manifest: Manifest
    settings: Settings
    live: LiveFile | LiveDatabase
    opened: Opened

    @property
    def holds_data(self) -> bool:
        """Whether anything would be replaced."""
        return self.live.holds_data

    def run(self) -> Restored:
        """Restore. Whatever happens on the way, the instance has its old data or all of the new."""
        home = self.settings.home
        self.live.clear_staged()
        try:
            staged = self.opened_staged(open_staging(self.path, self.manifest, home), self._stage())
            try:
                notes = list(_plugin_notes(staged, self.manifest))
                steps = apply_changes(staged.engine, staged.registry)
                indexed = staged.write(rebuild, system_actor())
            finally:
                staged.close()
            # Files are never changed once they are there, so those of the backup do the present data no harm.
            files = place_files(self.manifest, home)
            place_plugins(self.manifest, home)
            notes += place_configuration(self.manifest, self.settings)
            kept = self.live.replace()
            forget_damage(home)
        finally:
            self.live.clear_staged()
            clear_staging(home)
        return Restored(self.manifest, len(steps), indexed, files, kept, tuple(notes))

    def opened_staged(self, folder: Path, url: str) -> Runtime:
        """The program on the database that is made ready, with the plugins that the instance will have."""
        return self.opened(replace(self.settings, home=folder, database_url=url))

    def _stage(self) -> str:
        """The URL of the backup's database, beside the live one."""
        if isinstance(self.live, LiveFile):
            extract(self.path, self.manifest, {MEMBER: self.live.staged})
            return f"sqlite:///{self.live.staged}"
        self.live.create_staged()
        engine = open_engine(self.live.staged_url)
        try:
            with zipfile.ZipFile(self.path) as archive, for_writing(engine.connect()) as connection, connection.begin():
                load_database(connection, archive, self.manifest)
        finally:
            engine.dispose()
        return self.live.staged_url


@contextmanager
def prepare_restore(settings: Settings, path: Path, *, opened: Opened = open_runtime) -> Iterator[PreparedRestore]:
    """A restore that may run, with the database held for it: the backup is whole, fits, and nobody uses the instance.

    Raises:
        NotFound: when there is no such backup.
        XrmError: (``damaged``) when it is not whole.
        ConfigurationError: when it is of a later program or of another kind of database, or there is no room.
        Conflict: (``busy``) when somebody uses the database.
    """
    manifest = require_whole(path)
    _require_fitting(settings, manifest)
    home = settings.home
    place = next(folder for folder in (home, *home.parents) if folder.is_dir())
    require_room(place, manifest.size * 2)
    with _held(settings.database_url) as live:
        yield PreparedRestore(path, manifest, settings, live, opened)


def _held(url: str) -> AbstractContextManager[LiveFile | LiveDatabase]:
    parsed = make_url(url)
    return hold_file(Path(parsed.database or "")) if parsed.get_backend_name() == "sqlite" else hold_database(url)


def _require_fitting(settings: Settings, manifest: Manifest) -> None:
    if is_newer(manifest.program, program_version()):
        raise ConfigurationError(
            msg("The backup is of xrm {newer}, and xrm {here} is installed here. Nothing was changed. Install xrm {newer} or "
                "later, then restore again.", newer=manifest.program, here=program_version())
        )
    kind = make_url(settings.database_url).get_backend_name()
    if kind != manifest.database:
        raise ConfigurationError(
            msg("The backup is of a {theirs} database, and this instance uses {ours}. Nothing was changed. Set "
                "XRM_DATABASE_URL to a {theirs} database and restore there; from one kind to the "
                "other data goes by export and import.",
                theirs=manifest.database, ours=kind)
        )


def _plugin_notes(staged: Runtime, manifest: Manifest) -> Iterator[Message]:
    """What to know of plugins that are missing here.

    Raises:
        ConfigurationError: when one is older here than in the backup.
    """
    installed = {plugin.name: plugin.version for plugin in staged.host.plugins}
    for name, version in sorted(manifest.plugins.items()):
        if name not in installed:
            yield msg("The plugin {name} {version} of the backup is not installed here. Its data is kept; install it to use it.",
                      name=name, version=version)
        elif is_newer(version, installed[name]):
            raise ConfigurationError(
                msg("The backup has data of the plugin {name} {newer}, and {here} is installed here. Nothing was changed. "
                    "Install {newer} or later, then restore again.", name=name, newer=version, here=installed[name])
            )
