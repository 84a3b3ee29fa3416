# SPDX-License-Identifier: Apache-2.0
"""Whether a disk has room for what is about to be written."""

from __future__ import annotations

import shutil
from pathlib import Path

from xrm.errors import ConfigurationError, msg


def require_room(folder: Path, needed: int) -> None:
    """Refuse when the disk of a folder has less than so many bytes left.

    Raises:
        ConfigurationError: then.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ConfigurationError(
            msg("The disk of {folder} has {free} MB left, and {needed} MB are needed. Make room, or choose another folder.",
                folder=folder, free=free >> 20, needed=(needed >> 20) + 1)
        )
