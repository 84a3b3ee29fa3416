# SPDX-License-Identifier: Apache-2.0
"""Bring the French catalogs up to date: ``make translations``, then translate what it prints, and run it again.

One catalog for the web face and the messages of core, and one for each plugin that speaks (``plugins/<name>/…/translations``).
A sentence is marked by ``_``, ``gettext``, ``ngettext`` in the web face and by ``msg`` in core and plugins.
Write plain spaces in a translation: the spaces that French sets before marks are put in here.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from xrm_web.i18n import french_spaces

ROOT = Path(__file__).resolve().parents[2]
KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "gettext": None, "ngettext": (1, 2), "msg": None, "KeyMessage": None}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}
TITLE = "# SPDX-License-Identifier: Apache-2.0\n# The French sentences of xrm. `make translations` brings this file up to date."
HEADERS = (
    "Language: fr",
    "Plural-Forms: nplurals=2; plural=(n > 1);",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit\n",
)


class FrenchCatalog(Catalog):
    """A catalog whose header has no date, so that the same sentences give the same file."""

    def __init__(self) -> None:
        super().__init__(locale="fr", fuzzy=False)
        self.header_comment = TITLE

    def __iter__(self) -> Iterator[Message]:
        yield Message("", "\n".join(HEADERS))
        for message in super().__iter__():
            if message.id:
                yield message


def sources() -> dict[Path, list[Path]]:
    """Catalog folder → the folders whose sentences it holds."""
    found = {ROOT / "web/xrm_web/translations": [ROOT / "web/xrm_web", ROOT / "core/xrm"]}
    for package in sorted(ROOT.glob("plugins/*/xrm_*")):
        if any(package.rglob("*.py")):
            found[package / "translations"] = [package]
    return found


def extract(folders: Iterable[Path]) -> FrenchCatalog:
    """All sentences of these folders, none of them translated."""
    catalog = FrenchCatalog()
    for folder in folders:
        for file, _, message, comments, context in extract_from_dir(folder, METHODS, OPTIONS, KEYWORDS, ("NOTE:",)):
            where = (folder / file).relative_to(ROOT).as_posix()
            # A number of line would change with every edit of a file; its name says enough.
            catalog.add(message, None, [(where, 0)], auto_comments=comments, context=context)
    return catalog


def read(folder: Path) -> Catalog:
    """The French catalog of a folder as it is written now; empty when there is none."""
    file = folder / "fr/LC_MESSAGES/messages.po"
    if not file.exists():
        return FrenchCatalog()
    with file.open("rb") as stream:
        return read_po(stream, locale="fr")


def merge(template: FrenchCatalog, known: Catalog) -> FrenchCatalog:
    """The sentences of the template with the translations that are known; ``template`` itself is filled and returned."""
    for message in template:
        old = known.get(message.id, message.context) if message.id else None
        texts = old.string if old is not None else None
        if isinstance(texts, str) and isinstance(message.id, str):
            message.string = french_spaces(texts)
        elif isinstance(texts, (tuple, list)) and not isinstance(message.id, str):
            message.string = tuple(french_spaces(text) for text in texts)
    return template


def written(catalog: FrenchCatalog) -> tuple[bytes, bytes]:
    """The catalog as text (``messages.po``) and for the program (``messages.mo``)."""
    text, binary = io.BytesIO(), io.BytesIO()
    write_po(text, catalog, width=120, sort_output=True, include_lineno=False)
    write_mo(binary, catalog)
    return text.getvalue(), binary.getvalue()


def waiting(catalog: Catalog) -> list[str]:
    """The sentences without translation, or with a plural that has none."""
    return [str(message.id) for message in catalog if message.id and not is_translated(message.string)]


def is_translated(text: object) -> bool:
    """Whether a sentence, with all its plurals, has a translation."""
    return bool(text) and (all(text) if isinstance(text, (tuple, list)) else True)


def main() -> int:
    """Update all catalogs; 1 when sentences wait for a translation, which are printed."""
    untranslated: list[str] = []
    for folder, folders in sources().items():
        catalog = merge(extract(folders), read(folder))
        if len(catalog):
            target = folder / "fr/LC_MESSAGES"
            target.mkdir(parents=True, exist_ok=True)
            text, binary = written(catalog)
            (target / "messages.po").write_bytes(text)
            (target / "messages.mo").write_bytes(binary)
            untranslated += waiting(catalog)
    sys.stdout.write("".join(f"{text}\n" for text in untranslated))
    return 1 if untranslated else 0


if __name__ == "__main__":
    sys.exit(main())
