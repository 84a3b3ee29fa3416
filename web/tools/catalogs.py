# SPDX-License-Identifier: Apache-2.0
"""Bring the French catalogs up to date: ``python web/tools/catalogs.py``, then translate what is empty, and run it again.

One catalog for the web face and the messages of core, and one for each plugin that speaks (``plugins/<name>/…/translations``).
A sentence is marked by ``_``, ``gettext``, ``ngettext`` in the web face and by ``msg`` in core and plugins.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "gettext": None, "ngettext": (1, 2), "msg": None}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
# The version control knows when; a date in the file would only make it change for nothing.
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = re.compile(r"\{\w+\}|%\(\w+\)s")
OPTIONS = {"**/templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}


def sources() -> dict[Path, list[Path]]:
    """Catalog folder → the folders whose sentences it holds."""
    found = {ROOT / "web/xrm_web/translations": [ROOT / "web/xrm_web", ROOT / "core/xrm"]}
    for package in sorted(ROOT.glob("plugins/*/xrm_*")):
        if any(package.rglob("*.py")):
            found[package / "translations"] = [package]
    return found


def extract(folders: Iterable[Path]) -> Catalog:
    """All sentences of these folders."""
    catalog = Catalog(project="xrm", fuzzy=False, creation_date=EPOCH, revision_date=EPOCH)
    for folder in folders:
        for file, line, message, comments, context in extract_from_dir(folder, METHODS, OPTIONS, KEYWORDS, ("NOTE:",)):
            if not speaks(message):
                continue
            where = (folder / file).relative_to(ROOT).as_posix()
            # A number of line would change with every edit of a file; its name says enough.
            catalog.add(message, None, [(where, 0)] if line else [], auto_comments=comments, context=context)
    return catalog


def speaks(message: str | tuple[str, ...]) -> bool:
    """Whether a sentence has words of its own besides what is put into it."""
    text = message if isinstance(message, str) else message[0]
    return any(character.isalpha() for character in PLACE.sub("", text))


def update(folder: Path, template: Catalog) -> list[str]:
    """Write the French catalog of one folder, text and binary; the sentences that are not translated yet."""
    file = folder / "fr/LC_MESSAGES/messages.po"
    if not len(template):
        return []
    file.parent.mkdir(parents=True, exist_ok=True)
    catalog = Catalog(locale="fr", project="xrm")
    if file.exists():
        with file.open("rb") as stream:
            catalog = read_po(stream, locale="fr")
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.fuzzy = False
    catalog.header_comment = "# SPDX-License-Identifier: Apache-2.0\n# French. Brought up to date by web/tools/catalogs.py."
    with file.open("wb") as stream:
        write_po(stream, catalog, width=120, sort_output=True, include_lineno=False, omit_header=False, ignore_obsolete=True)
    with file.with_suffix(".mo").open("wb") as stream:
        write_mo(stream, catalog)
    return [str(message.id) for message in catalog if message.id and not is_translated(message.string)]


def is_translated(text: object) -> bool:
    """Whether a sentence, with all its plurals, has a translation."""
    return all(text) if isinstance(text, (tuple, list)) else bool(text)


def main() -> int:
    """Update all catalogs; 1 when sentences wait for a translation, which are printed."""
    waiting = [text for folder, folders in sources().items() for text in update(folder, extract(folders))]
    sys.stdout.write("".join(f"{text}\n" for text in waiting))
    return 1 if waiting else 0


if __name__ == "__main__":
    sys.exit(main())
