# SPDX-License-Identifier: Apache-2.0
"""The frame around pages, the macros, errors, and the files they are made of."""

from __future__ import annotations

import gzip
import hashlib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories.access import Departments, add_user
from tests.web.conftest import SignIn
from xrm.entities.service import create_entity
from xrm.errors import Conflict, InvalidInput, NotFound, PermissionDenied, XrmError
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor, system_actor
from xrm_web.app import create_app
from xrm_web.assets import STATIC, icon_names
from xrm_web.inputs import HUES, Face, RoleChip, hue_of
from xrm_web.security import public

SYSTEM = system_actor()
KIB = 1024


@pytest.fixture
def plugins() -> Mapping[str, str]:
    """The vocabulary, and a plugin with records, a menu entry, a card."""
    return {"base": "xrm_base", "press": "xrm_press"}


def add_person(runtime: Runtime, department: UUID, name: str) -> UUID:
    """A person of a department."""
    return runtime.write(lambda uow: create_entity(uow, "person", {"last_name": name}, department=department), SYSTEM)


def test_the_menu_holds_what_may_be_read(
    sign_in: SignIn, client: FlaskClient, runtime: Runtime, departments: Departments
) -> None:
    reader = runtime.write(lambda uow: add_user(uow, "r@example.org", {departments.sales: ["person:read"]}), SYSTEM)

    mine, everything = sign_in(reader).get("/").text, client.get("/").text

    assert 'href="/base/person"' in mine
    assert 'href="/base/customer"' not in mine
    assert 'href="/press/outlet"' not in mine
    assert 'href="/press/outlet"' in everything


def test_home_shows_no_party_of_another_department(sign_in: SignIn, runtime: Runtime, departments: Departments) -> None:
    reader = runtime.write(lambda uow: add_user(uow, "r@example.org", {departments.sales: ["*:read"]}), SYSTEM)
    add_person(runtime, departments.sales, "Visible")
    add_person(runtime, departments.press, "Canary")

    page = sign_in(reader).get("/").text

    assert "Visible" in page
    assert "Canary" not in page


def test_home_is_about_the_chosen_department(client: FlaskClient, runtime: Runtime, departments: Departments) -> None:
    add_person(runtime, departments.sales_north, "Northern")
    add_person(runtime, departments.press, "Elsewhere")

    client.post("/department", data={"department": str(departments.sales), "next": "/"})

    page = client.get("/").text
    assert "Northern" in page
    assert "Elsewhere" not in page


def test_a_hidden_name_is_escaped_everywhere(client: FlaskClient, runtime: Runtime, departments: Departments) -> None:
    add_person(runtime, departments.sales, '<img src=x onerror="alert(1)">')

    page = client.get("/").text

    assert "<img" not in page
    assert "&lt;img" in page


@pytest.mark.parametrize(
    ("error", "status"), [(NotFound("no"), 404), (PermissionDenied("no"), 403), (InvalidInput("no"), 422), (Conflict("no"), 409)]
)
def test_an_error_of_core_is_a_page_with_its_status(app: Flask, error: XrmError, status: int) -> None:
    @public
    def fail() -> str:
        raise error

    app.add_url_rule("/fail", "fail", fail)

    page = app.test_client().get("/fail")
    fragment = app.test_client().get("/fail", headers={"HX-Request": "true"})

    assert page.status_code == fragment.status_code == status
    assert page.text.startswith("<!doctype html>")
    assert fragment.text.lstrip().startswith('<div class="toast')


def test_a64_a_fault_of_ours_tells_only_a_reference(app: Flask) -> None:
    @public
    def fail() -> str:
        raise RuntimeError("select secret from /etc/passwd")

    app.add_url_rule("/fail", "fail", fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    answer = app.test_client().get("/fail")

    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert re.search(r"Reference [0-9a-f]{8}", answer.text)


def test_the_style_guide_is_for_development_only(runtime: Runtime) -> None:
    assert create_app(runtime).test_client().get("/_styleguide").status_code == 404


def test_every_input_has_one_label_and_its_error(app: Flask) -> None:
    page = app.test_client().get("/_styleguide").text

    ids = re.findall(r'<(?:input|select|textarea)[^>]*\bid="(f-[^"]+)"', page)
    unlabelled = [one for one in ids if f'for="{one}"' not in page and f'id="{one}-label"' not in page and "vip" not in one
                  and not one.endswith("-minutes")]
    assert unlabelled == []
    assert 'aria-describedby="f-mail-error" aria-invalid="true"' in page
    assert 'href="#f-mail"' in page
    assert len(re.findall(r'\bid="([^"]+)"', page)) == len(set(re.findall(r'\bid="([^"]+)"', page)))


def test_files_stay_within_their_weight() -> None:
    def packed(*names: str) -> int:
        return len(gzip.compress(b"".join((STATIC / name).read_bytes() for name in names)))

    styles = sorted(file.name for file in STATIC.glob("*.css"))
    assert packed(*styles) <= 20 * KIB
    assert packed("app.js") <= 12 * KIB
    assert packed("icons.svg") <= 12 * KIB


def test_vendored_files_are_what_they_were() -> None:
    listed = tomllib.loads((STATIC / "vendor/vendor.toml").read_text(encoding="utf-8"))["asset"]

    for one in listed:
        file = (STATIC / "vendor" / one["file"]).resolve()
        assert hashlib.sha256(file.read_bytes()).hexdigest() == one["sha256"], one["file"]
        assert (STATIC / "vendor" / one["licence_file"]).is_file()
    assert {file.name for file in (STATIC / "vendor").glob("*.js")} <= {Path(one["file"]).name for one in listed}


def test_icons_that_templates_and_entity_files_name_exist() -> None:
    root = Path(__file__).parents[2]
    named = set()
    for file in [*root.glob("web/xrm_web/templates/**/*.html")]:
        named |= set(re.findall(r'\bicon\("([a-z0-9-]+)"', file.read_text(encoding="utf-8")))
        named |= set(re.findall(r'icon_name="([a-z0-9-]+)"', file.read_text(encoding="utf-8")))
    for file in [*root.glob("entity_schemas/**/*.yaml"), *root.glob("plugins/*/xrm_*/**/*.yaml")]:
        named |= set(re.findall(r"\bicon: ([a-z0-9-]+)", file.read_text(encoding="utf-8")))

    assert named - icon_names() == set()


@pytest.mark.parametrize(
    ("title", "is_round", "initials"),
    [("Nadia Lefèvre", True, "NL"), ("Ana María de la Cruz", True, "AC"), ("Albion Bois SAS", False, "AB"),
     ("Ernst", False, "ER"), ("", True, "?"), ("« »", True, "?")],
)  # fmt: skip
def test_initials_are_of_names(title: str, is_round: bool, initials: str) -> None:
    assert Face("x", title, round=is_round).initials == initials


def test_colours_are_fixed_and_spread() -> None:
    ids = [UUID(int=number * 7919) for number in range(600)]

    assert hue_of(ids[5]) == hue_of(str(ids[5]))
    assert {hue_of(one) for one in ids} == set(HUES)
    assert RoleChip("Guest", "no such colour").hue == "slate"


def test_the_narrow_menu_is_remembered(client: FlaskClient) -> None:
    client.post("/rail", data={"rail": "narrow", "next": "/me"})

    assert 'data-rail="narrow"' in client.get("/me").text


def test_a_signed_in_actor_is_seen_as_from_the_web(sign_in: SignIn, admin: Actor) -> None:
    assert "admin" in sign_in(admin).get("/me").text
