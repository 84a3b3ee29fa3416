# SPDX-License-Identifier: Apache-2.0
"""Everything the program says to people is said in French too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from flask import Flask

from tools import catalogs
from xrm_web.i18n import french_spaces

SOURCES = catalogs.sources()
PLACES = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
LETTERS = re.compile(r"[A-Za-z]")
STRAIGHT = re.compile(r"\b(?:[cdjlmnst]|qu)'\w", re.IGNORECASE)
# Words that both languages write alike.
ALIKE = {
    "%(minutes)s min", "Actions", "Administration", "Code", "Compact", "Condition", "Contact", "Fax", "Menu", "Normal", "Pages",
    "Tables", "Version", "h", "min", "minutes", "Interactions", "Messages", "Permissions", "Scores",
    "Invitations", "Versions", "interactions", "messages", "scores",
}


@dataclass(frozen=True)
class Spoken:
    """What one folder says (``now``: with its translations), and what its catalog knows."""

    folder: Path
    now: catalogs.FrenchCatalog
    known: Catalog

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Each English text, singular and plural apart, with its French."""
        for message in self.known:
            if isinstance(message.id, str):
                if message.id:
                    yield message.id, str(message.string)
            else:
                yield from zip(message.id, message.string or ("", ""), strict=True)


@pytest.fixture(scope="module", params=SOURCES, ids=lambda folder: folder.parent.name)
def spoken(request: pytest.FixtureRequest) -> Spoken:
    """Each folder with a catalog in turn."""
    known = catalogs.read(request.param)
    return Spoken(request.param, catalogs.merge(catalogs.extract(SOURCES[request.param]), known), known)


def can_be_filled(text: str) -> bool:
    """Whether the text takes values for exactly its named places."""
    try:
        text.format(**dict.fromkeys(re.findall(r"\{(\w+)\}", text), "value"))
    except (KeyError, ValueError, IndexError):
        return False
    return True


def test_every_sentence_has_a_french_one(spoken: Spoken) -> None:
    missing = catalogs.waiting(spoken.now)

    assert not missing, "make translations puts them into the catalog; translate them there"


def test_the_catalog_holds_nothing_that_is_no_longer_said(spoken: Spoken) -> None:
    said = {message.id for message in spoken.now}

    known = {message.id for message in spoken.known}

    assert known - {""} <= said, "make translations removes them"


def test_the_program_reads_what_the_catalog_says(spoken: Spoken) -> None:
    file = spoken.folder / "fr/LC_MESSAGES/messages.mo"

    _, binary = catalogs.written(spoken.now)

    assert (file.read_bytes() if file.exists() else b"") == (binary if len(spoken.now) else b""), "make translations writes it"


def test_a_translation_keeps_the_places_of_its_sentence(spoken: Spoken) -> None:
    changed = [pair for pair in spoken.pairs() if sorted(PLACES.findall(pair[0])) != sorted(PLACES.findall(pair[1]))]

    assert not changed


def test_what_can_be_filled_in_english_can_be_filled_in_french(spoken: Spoken) -> None:
    broken = [french for english, french in spoken.pairs() if can_be_filled(english) and not can_be_filled(french)]

    assert not broken


def test_a_translation_is_not_the_english_again(spoken: Spoken) -> None:
    same = {english for english, french in spoken.pairs() if english == french and LETTERS.search(PLACES.sub("", english))}

    assert same <= ALIKE


def test_a_translation_has_french_spaces_quotes_and_apostrophes(spoken: Spoken) -> None:
    wrong = [
        french for _, french in spoken.pairs()
        if french != french_spaces(french) or "“" in french or STRAIGHT.search(french)
    ]

    assert not wrong


def test_messages_are_written_where_they_are_marked() -> None:
    """A text in a variable is not found by the extraction and would stay English."""
    marks = {"msg", "gettext", "_", "ngettext"}
    hidden = []
    for file in sorted(file for folders in SOURCES.values() for one in folders for file in one.rglob("*.py")):
        if file.name == "i18n.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in marks:
                first = node.args[0] if node.args else None
                if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
                    hidden.append(f"{file}:{node.lineno}")

    assert not hidden


@pytest.mark.parametrize(("wish", "said"), [("fr-CA,fr;q=0.9,en;q=0.8", "Se connecter"), ("en", "Sign in")])
def test_the_first_page_speaks_the_language_of_the_browser(app: Flask, wish: str, said: str) -> None:
    page = app.test_client().get("/in", headers={"Accept-Language": wish})

    assert said in page.text
