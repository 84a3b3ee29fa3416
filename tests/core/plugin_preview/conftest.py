# SPDX-License-Identifier: Apache-2.0
"""Instances with a plugin to remove, filled once and copied, as the tests of removal have them."""

from __future__ import annotations

from tests.core.plugin_removal.conftest import filled, harbour

__all__ = ["filled", "harbour"]
