# SPDX-License-Identifier: Apache-2.0
"""The backups in a folder, each looked at quickly: its manifest and the sizes of its members."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

from xrm.backup.archive import MANIFEST
from xrm.backup.create import ENDING
from xrm.backup.inspection import BROKEN, read_manifest_of
from xrm.backup.manifest import Manifest
from xrm.errors import XrmError


@dataclass(frozen=True)
class ListedBackup:
    """A backup as far as a quick look tells; ``problem`` is empty when nothing is wrong at first sight."""

    path: Path
    size: int
    manifest: Manifest | None
    problem: str


def list_backups(folder: Path) -> list[ListedBackup]:
    """The backups in a folder, latest first."""
    paths = sorted(folder.glob(f"*{ENDING}"), reverse=True) if folder.is_dir() else []
    return [_look(path) for path in paths if path.is_file()]


def _look(path: Path) -> ListedBackup:
    size = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = read_manifest_of(archive)
            sizes = {head.filename: head.file_size for head in archive.infolist() if head.filename != MANIFEST}
    except (XrmError, *BROKEN) as error:
        return ListedBackup(path, size, None, str(error) or type(error).__name__)
    if sizes != {name: member.size for name, member in manifest.members.items()}:
        return ListedBackup(path, size, manifest, "Members are missing, added or of another size.")
    return ListedBackup(path, size, manifest, "")
