# SPDX-License-Identifier: Apache-2.0
"""Make ``static/icons.svg`` from an unpacked lucide-static package: ``python web/tools/make_icons.py FOLDER``.

``icons.txt`` beside this file lists the icons that we ship; add a name there and run this again.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
SPRITE = HERE.parent / "xrm_web" / "static" / "icons.svg"
VENDOR = SPRITE.parent / "vendor" / "vendor.toml"


def symbol(name: str, source: str) -> str:
    """One icon as a ``<symbol>``; line width and colour come from the CSS class ``icon``."""
    inner = source[source.index(">", source.index("<svg")) + 1 : source.rindex("</svg>")]
    inner = re.sub(r"\s*/>", "/>", re.sub(r"\s+", " ", inner)).replace("> <", "><").strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{inner}</symbol>'


def main(folder: Path) -> None:
    """Write the sprite from ``folder``/icons/*.svg, and its checksum into vendor.toml."""
    names = sorted(set((HERE / "icons.txt").read_text(encoding="utf-8").split()))
    symbols = [symbol(name, (folder / "icons" / f"{name}.svg").read_text(encoding="utf-8")) for name in names]
    head = '<svg xmlns="http://www.w3.org/2000/svg"><!-- Lucide 1.62.0, ISC: vendor/lucide-LICENSE.txt -->\n'
    text = head + "\n".join(symbols) + "\n</svg>\n"
    SPRITE.write_text(text, encoding="utf-8")
    listed = VENDOR.read_text(encoding="utf-8")
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    VENDOR.write_text(re.sub(r'(icons\.svg"\nsha256 = ")\w+', rf"\g<1>{sha256}", listed), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
