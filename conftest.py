# SPDX-License-Identifier: Apache-2.0
"""The fixtures that the tests of the product and of each plugin share."""

from __future__ import annotations

pytest_plugins = ["tests.selection", "tests.databases", "tests.instances"]
