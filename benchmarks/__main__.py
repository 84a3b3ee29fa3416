# SPDX-License-Identifier: Apache-2.0
"""Runs one file per row and writes results.md: ``python -m benchmarks [name …]``."""

from __future__ import annotations

import importlib
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import HEAD, Figure

HERE = Path(__file__).parent
NAMES = ("lists", "row_rights", "permissions", "create", "import_rows", "cold_start", "backup", "schema_change", "audit")


def main(wanted: list[str]) -> None:
    """Measure what is asked for (all, when nothing is) and write the table; other rows keep what was measured before."""
    parts = HERE / ".cache" / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    for name in wanted or NAMES:
        if not (HERE / f"{name}.py").is_file():
            continue
        print(f"— {name} …", flush=True)
        found: list[Figure] = importlib.import_module(f"benchmarks.{name}").measure()
        lines = "\n".join(figure.row() for figure in found)
        print(lines, flush=True)
        (parts / f"{name}.md").write_text(f"## {name}\n\n{HEAD}\n{lines}\n", encoding="utf-8")
    texts = [(parts / f"{name}.md").read_text(encoding="utf-8") for name in NAMES if (parts / f"{name}.md").is_file()]
    where = f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.machine()}."
    text = f"# Figures\n\n{where} Medians; reference in the same run.\n\n" + "\n".join(texts)
    (HERE / "results.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
