# SPDX-License-Identifier: Apache-2.0
"""A made-up organization to try things on: the same every time, skewed as life is."""

from __future__ import annotations

from xrm_cli.demo.build import build_demo

__all__ = ["build_demo"]
