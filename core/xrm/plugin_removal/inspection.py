# SPDX-License-Identifier: Apache-2.0
"""Whether the export of a plugin is whole: every byte is read and every sum compared; nothing is taken out of it."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from xrm.backup.archive import MANIFEST, is_sealed
from xrm.backup.inspection import BROKEN, LARGEST_MANIFEST, read_member
from xrm.errors import Message, NotFound, XrmError, msg
from xrm.plugin_removal.manifest import PluginManifest, read_plugin_manifest

_NAMES = re.compile(r"manifest\.json|rows/[a-z0-9_]+\.jsonl|values/[a-z0-9_.]+\.jsonl|files/[0-9a-f]{2}/[0-9a-f]{32}")


def require_whole_export(path: Path) -> PluginManifest:
    """The manifest of an export that is whole.

    Raises:
        NotFound: when there is no such file.
        XrmError: (``damaged``) when it is not whole.
    """
    if not path.is_file():
        absent = msg("There is no file {file}. Name the export of a plugin; xrm plugin list --json says where each lies.",
                     file=path)
        raise NotFound(absent)
    problems: list[Message] = []
    manifest = None
    if not is_sealed(path):
        problems.append(msg("The sum over the whole file does not fit: it was changed or cut off."))
    else:
        try:
            with zipfile.ZipFile(path) as archive:
                manifest = _manifest(archive)
                problems += _problems(archive, manifest)
        except XrmError as error:
            problems.append(error.message)
        except BROKEN as error:
            problems.append(msg("It is no whole archive: {why}.", why=str(error) or type(error).__name__))
    if manifest is None or problems:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise XrmError(
            msg("The export {file} is damaged; nothing was changed. Take another copy of it.\n{problems}", file=path,
                problems=listed),
            code="damaged",
        )
    return manifest


def _manifest(archive: zipfile.ZipFile) -> PluginManifest:
    try:
        head = archive.getinfo(MANIFEST)
    except KeyError as error:
        raise XrmError(msg("It has no manifest, so it is no export of a plugin.")) from error
    if head.file_size > LARGEST_MANIFEST:
        raise XrmError(msg("The manifest is larger than any manifest is."))
    return read_plugin_manifest(archive.read(head))


def _problems(archive: zipfile.ZipFile, manifest: PluginManifest) -> Iterator[Message]:
    present = Counter(archive.namelist())
    odd = {name for name, times in present.items() if times > 1 or not _NAMES.fullmatch(name)}
    for name in sorted(odd | (present.keys() ^ {MANIFEST, *manifest.members})):
        yield msg("{name} has no place in it, or is missing.", name=repr(name[:200]))
    for name in sorted(set(present) & set(manifest.members)):
        try:
            for _ in read_member(archive, name, manifest.members[name]):
                pass
        except XrmError as error:
            yield error.message
