# SPDX-License-Identifier: Apache-2.0
"""The fixtures that the tests of the product and of each plugin share."""

from __future__ import annotations

import importlib.util

pytest_plugins = ["tests.selection", "tests.databases"]
if importlib.util.find_spec("xrm.search.index"):  # until core is complete; then "tests.instances" joins the list above
    pytest_plugins.append("tests.instances")
