# SPDX-License-Identifier: Apache-2.0
"""Where the bytes of files lie in the instance's folder."""

from __future__ import annotations

import uuid
from pathlib import Path


def path_of(home: Path, file_id: uuid.UUID) -> Path:
    """The path of a file's bytes; its name comes from us alone, never from who sent it."""
    return home / "files" / file_id.hex[-2:] / file_id.hex
