# SPDX-License-Identifier: Apache-2.0
"""What a check of the doctor found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["good", "warn", "bad"]


@dataclass(frozen=True)
class Finding:
    """One check: its state, what was found, and what to do about it."""

    check: str
    state: State
    message: str
    remedy: str = ""
