# SPDX-License-Identifier: Apache-2.0
"""Both languages: complete, up to date, chosen rightly, set as the language sets it."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask import Flask, g

from xrm.errors import msg
from xrm.schema.model import Label
from xrm_web import i18n
from xrm_web.sessions import Visitor

ROOT = Path(__file__).parents[2]
FRENCH = ROOT / "web/xrm_web/translations/fr/LC_MESSAGES/messages.po"
NARROW, NO_BREAK = "\u202f", "\u00a0"


@pytest.fixture(scope="module")
def french() -> Catalog:
    """The French catalog of the web face."""
    with FRENCH.open("rb") as stream:
        return read_po(stream, locale="fr")


@pytest.fixture
def in_french(app: Flask) -> Iterator[None]:
    """A request of somebody who reads French."""
    with app.test_request_context("/", headers={"Accept-Language": "fr"}):
        g.visitor = Visitor()
        yield


def strings(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Each sentence with its translation, plurals one by one."""
    for message in catalog:
        if message.id:
            ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
            texts = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
            yield from zip(ids, texts, strict=True)


def load_tool() -> ModuleType:
    """The script that makes the catalogs."""
    spec = importlib.util.spec_from_file_location("catalogs", ROOT / "web/tools/catalogs.py")
    assert spec
    assert spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


@pytest.mark.usefixtures("in_french")
def test_decimals_in_a_sentence_are_written_as_the_language_writes_them() -> None:
    said = i18n.translate(msg("The number is too large. Give at most {most}.", most=Decimal("92233720368547758.07")))

    assert f"92{NARROW}233{NARROW}720{NARROW}368{NARROW}547{NARROW}758,07" in said


def test_catalogs_hold_every_sentence_and_nothing_else() -> None:
    catalogs = load_tool()

    for folder, folders in catalogs.sources().items():
        wanted = {message.id for message in catalogs.extract(folders) if message.id}
        file = folder / "fr/LC_MESSAGES/messages.po"
        known: set[object] = set()
        if file.exists():
            with file.open("rb") as stream:
                known = {message.id for message in read_po(stream, locale="fr") if message.id}
        assert known ^ wanted == set(), f"run: python web/tools/catalogs.py (for {folder})"


def test_every_sentence_is_translated(french: Catalog) -> None:
    assert [one for one, text in strings(french) if not text] == []


def test_translations_have_the_same_places(french: Catalog) -> None:
    pattern = re.compile(r"%\(\w+\)s|(?<!\{)\{\w+\}(?!\})")
    wrong = [one for one, text in strings(french) if set(pattern.findall(one)) != set(pattern.findall(text))]

    assert wrong == []


def test_french_has_its_spaces(french: Catalog) -> None:
    wrong = [text for _one, text in strings(french) if re.search(r" [;?»]| !(?!=)|« |[^\W\d_] :(?: |$)", text)]

    assert wrong == []


def test_the_binary_catalog_is_the_text_one(french: Catalog) -> None:
    with FRENCH.with_suffix(".mo").open("rb") as stream:
        compiled = read_mo(stream)

    def texts(catalog: Catalog) -> list[tuple[str, ...]]:
        return sorted(tuple(one) for one in strings(catalog))

    assert texts(compiled) == texts(french)


@pytest.mark.parametrize(
    ("setting", "cookie", "accepted", "expected"),
    [("fr", "en", "en", "fr"), ("", "fr", "en", "fr"), ("", "", "fr-CA,fr;q=0.9", "fr"),
     ("", "de", "de", "en"), ("", "", "", "en")],
)
def test_the_user_then_the_cookie_then_the_browser_chooses(
    app: Flask, setting: str, cookie: str, accepted: str, expected: str
) -> None:
    headers = {"Accept-Language": accepted, "Cookie": f"{i18n.LANGUAGE_COOKIE}={cookie}"}
    with app.test_request_context("/", headers=headers):
        g.visitor = Visitor(language=setting)

        assert i18n.language() == expected


@pytest.mark.usefixtures("in_french")
def test_a_message_of_core_is_translated_with_its_values() -> None:
    text = i18n.translate(msg("Too many tries. Wait {seconds} seconds and try again.", seconds=42))

    assert "42 secondes" in text


@pytest.mark.usefixtures("in_french")
def test_labels_of_plugins_get_french_spaces() -> None:
    label = Label({"en": "Really?", "fr": "« Vraiment » : oui !"})

    assert i18n.text_of(label) == f"«{NO_BREAK}Vraiment{NO_BREAK}»{NO_BREAK}: oui{NARROW}!"


@pytest.mark.usefixtures("in_french")
def test_numbers_and_days_are_french() -> None:
    assert i18n.format_number(Decimal("1234567.5")) == f"1{NARROW}234{NARROW}567,5"
    assert i18n.format_count(10_001) == f"10{NARROW}000+"
    assert i18n.format_date(date(2026, 11, 2)) == "2 nov. 2026"


def test_the_switch_comes_back_to_the_page(app: Flask) -> None:
    client = app.test_client()

    answer = client.post("/language", data={"code": "fr", "next": "/help"})

    assert answer.location == "/help"
    assert '<html lang="fr"' in client.get("/help").text


def test_the_switch_takes_only_languages_we_have(app: Flask) -> None:
    client = app.test_client()

    client.post("/language", data={"code": "xx"})

    assert client.get_cookie(i18n.LANGUAGE_COOKIE) is None


@pytest.mark.usefixtures("in_french")
def test_a_label_has_the_space_that_french_sets_before_a_colon() -> None:
    assert i18n.labelled("Depuis", "trop tard") == f"Depuis{NO_BREAK}: trop tard"
