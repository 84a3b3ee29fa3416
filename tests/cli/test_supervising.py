# SPDX-License-Identifier: Apache-2.0
"""The supervisor ends its own workers and nobody else's."""

from __future__ import annotations

import os
import subprocess
import sys

from xrm_cli.supervising import is_own


def test_only_children_are_ones_own() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert is_own(child.pid)
        child.communicate(b"\n")
    assert not is_own(child.pid)
    assert not is_own(os.getppid())
