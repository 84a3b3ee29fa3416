# SPDX-License-Identifier: Apache-2.0
"""Putting files, plugins and configuration of a backup into an instance's folder: what is missing comes in, the rest stays."""

from __future__ import annotations

import hashlib
import shutil
import tomllib
from pathlib import Path

from xrm.backup.archive import read_chunks
from xrm.backup.create import sync_folder
from xrm.backup.manifest import Manifest, Member
from xrm.backup.verify import extract
from xrm.errors import Message, msg
from xrm.settings import SECRET_FILE, Settings, create_home

STAGING = ".restoring"
_BESIDE = ".from-backup"


def open_staging(path: Path, manifest: Manifest, home: Path) -> Path:
    """A folder in the instance's, with the plugins that the instance will have and everything that the backup brings for it."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = home / STAGING
    clear_staging(home)
    folder.mkdir(mode=0o700)
    if (home / "plugins").is_dir():
        shutil.copytree(home / "plugins", folder / "plugins")
    here = {one.name for one in (home / "plugins").iterdir()} if (home / "plugins").is_dir() else set()
    wanted = {name: folder / name for name in manifest.members if _is_new(name, manifest.members[name], home, here)}
    extract(path, manifest, wanted)
    return folder


def _is_new(name: str, member: Member, home: Path, here: set[str]) -> bool:
    kind, _, rest = name.partition("/")
    if kind == "plugins":
        return rest.partition("/")[0] not in here
    return kind == "configuration" or (kind == "files" and not _is_same(home / name, member))


def _is_same(path: Path, member: Member) -> bool:
    if not path.is_file() or path.stat().st_size != member.size:
        return False
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for chunk in read_chunks(file):
            digest.update(chunk)
    return digest.hexdigest() == member.sha256


def clear_staging(home: Path) -> None:
    """Remove the folder, and what is left of one that was killed."""
    shutil.rmtree(home / STAGING, ignore_errors=True)


def place_files(manifest: Manifest, home: Path) -> int:
    """Move the uploaded files that are not there, or not as they were, to their places; how many."""
    names = [name for name in manifest.members if name.startswith("files/") and (home / STAGING / name).is_file()]
    for name in names:
        (home / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        (home / STAGING / name).replace(home / name)
    for folder in sorted({(home / name).parent for name in names}):
        sync_folder(folder)
    return len(names)


def place_plugins(manifest: Manifest, home: Path) -> None:
    """Move the instance's own plugins that are not there to their places."""
    for name in sorted({name.split("/")[1] for name in manifest.members if name.startswith("plugins/")}):
        if not (home / "plugins" / name).exists():
            (home / "plugins").mkdir(exist_ok=True)
            (home / STAGING / "plugins" / name).replace(home / "plugins" / name)


def place_configuration(manifest: Manifest, settings: Settings) -> list[Message]:
    """Put secret and settings where none are; where others are, beside them, and say so."""
    notes = []
    for name in ("xrm.toml", SECRET_FILE):
        staged, target = settings.home / STAGING / "configuration" / name, settings.home / name
        if not staged.is_file() or (target.is_file() and target.read_bytes() == staged.read_bytes()):
            continue
        if not target.exists() and (name == SECRET_FILE or _names_this_database(staged, settings)):
            staged.replace(target)
            continue
        beside = target.with_name(name + _BESIDE)
        staged.replace(beside)
        notes.append(msg("{name} of the backup differs from what this instance uses. It lies in {beside}: compare, take over "
                         "what you need, then delete it.", name=name, beside=beside))
    if not settings.secret_key:
        create_home(settings.home)
    if not manifest.has_secret:
        notes.append(msg("The backup holds no secret key: it was set by XRM_SECRET_KEY. With another one, people sign in again."))
    return notes


def _names_this_database(file: Path, settings: Settings) -> bool:
    """Whether settings of the backup lead to the database that was restored, and not to the one it was made of."""
    try:
        named = tomllib.loads(file.read_text(encoding="utf-8")).get("database_url")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return False
    return named is None or named == settings.database_url
