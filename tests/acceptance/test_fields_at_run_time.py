# SPDX-License-Identifier: Apache-2.0
"""A field that one process adds is on the pages of another, which was never restarted, within a second."""

from __future__ import annotations

import time
from pathlib import Path

from tests.acceptance.conftest import Program, visiting

WITHIN = 1.0
VISIT = """\
entity: visit
kind: record
label:
  en: {one: visit, many: visits}
  fr: {one: visite, many: visites, gender: f}
title: "{subject}"
fields:
  subject: {type: text, required: true, search: strong, label: {en: Subject, fr: Sujet}}
"""


def test_a_field_added_by_the_command_is_on_form_list_and_page_within_a_second(xrm_on_both: Program) -> None:
    xrm = xrm_on_both
    (sales,) = xrm.given("department", "list")["items"]
    with visiting(xrm) as visitor:
        before = visitor.get("/base/organization/new")[1]
        xrm.asked("field", "add", "organization", "fleet", "--type", "integer", "--label-en", "Fleet size", "--label-fr", "Parc")
        time.sleep(WITHIN)
        form = visitor.get("/base/organization/new")[1]
        saved = visitor.post("/base/organization/new", {"name": "Acme Cars", "x_fleet": "42", "_department": sales["id"]})[1]
        listed = visitor.get("/base/organization?columns=title,x_fleet")[1]

    assert "x_fleet" not in before
    assert 'name="x_fleet"' in form
    assert "Fleet size" in saved
    assert "42" in saved
    assert "Fleet size" in listed
    (one,) = xrm.asked("entity", "list", "organization", "--where", "x_fleet > 40")["items"]
    assert one["title"] == "Acme Cars"


def test_a_type_that_is_taken_in_has_pages_within_a_second(xrm: Program, tmp_path: Path) -> None:
    (tmp_path / "overlay" / "entities").mkdir(parents=True)
    (tmp_path / "overlay" / "entities" / "visit.yaml").write_text(VISIT, encoding="utf-8")
    (sales,) = xrm.given("department", "list")["items"]
    with visiting(xrm) as visitor:
        before = visitor.get("/x/visit")[0]
        xrm.asked("schema", "import-overlay", str(tmp_path / "overlay"))
        time.sleep(WITHIN)
        status, saved = visitor.post("/x/visit/new", {"subject": "Grand tour", "_department": sales["id"]})
        listed = visitor.get("/x/visit")[1]
        home = visitor.get("/")[1]

    assert before == 404
    assert status == 200
    assert "Grand tour" in saved
    assert "Grand tour" in listed
    assert 'href="/x/visit"' in home


def test_a_retired_field_goes_from_the_form_within_a_second(xrm: Program) -> None:
    xrm.asked("field", "add", "organization", "fleet", "--type", "integer")
    with visiting(xrm) as visitor:
        before = visitor.get("/base/organization/new")[1]
        xrm.asked("field", "retire", "organization", "fleet")
        time.sleep(WITHIN)
        after = visitor.get("/base/organization/new")[1]

    assert 'name="x_fleet"' in before
    assert 'name="x_fleet"' not in after
