# SPDX-License-Identifier: Apache-2.0
"""What an import does to what is there, to what is not, and to rows that depend on each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.imports.conftest import COMPANIES, Import, Titles
from xrm.contact_points.queries import list_contact_points
from xrm.contact_points.service import end_contact_point
from xrm.entities.service import update_entity
from xrm.errors import InvalidInput
from xrm.identifiers.queries import find_by_identifier
from xrm.relationships.queries import list_relationships
from xrm.roles.service import end_role
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor

TWO = "id,name,city,country,mail\n1,Alfa,Paris,FR,a@alfa.example\n2,Beta,Lyon,France,b@beta.example\n"
PEOPLE = """
things:
  person:
    type: person
    identifiers: {staff: id}
    fields: {last_name: name, occupation: job}
relationships:
  - {relationship: reports_to, from: person, to: {system: staff, key: boss}}
source: {optional: [job, boss]}
"""


def test_one_row_becomes_party_role_contact_point_and_identifier(
    run: Import, listed: Titles, runtime: Runtime, admin: Actor
) -> None:
    report = run(TWO)

    assert (report.created, report.updated, report.unchanged, report.failed) == (2, 0, 0, 0)
    assert report.things["customer"] == {"created": 2}
    assert [item.title for item in listed("organization")] == ["Alfa", "Beta"]
    assert [item.fields["number"] for item in listed("customer", columns=("number",))] == ["1", "2"]
    one = runtime.read(lambda uow: find_by_identifier(uow, "shop", "1"), admin)
    assert one is not None
    assert [point.value for point in runtime.read(lambda uow: list_contact_points(uow, one), admin)] == ["a@alfa.example"]


def test_a_second_run_changes_nothing(run: Import, listed: Titles) -> None:
    run(TWO)
    before = [(item.id, item.version) for item in listed("organization") + listed("customer")]

    report = run(TWO)

    assert (report.created, report.updated, report.unchanged, report.failed) == (0, 0, 2, 0)
    assert report.things == {}
    assert [(item.id, item.version) for item in listed("organization") + listed("customer")] == before


def test_only_rows_that_differ_are_updated(run: Import, listed: Titles) -> None:
    run(TWO)

    report = run(TWO.replace("Lyon", "Lille"))

    assert (report.updated, report.unchanged) == (1, 1)
    assert {item.title: item.fields["city"] for item in listed("organization", columns=("city",))} == {
        "Alfa": "Paris", "Beta": "Lille"
    }


def test_of_two_rows_about_one_party_the_last_wins(run: Import, listed: Titles) -> None:
    report = run("id,name,city\n1,Alfa,Paris\n1,Alfa,Nantes\n1,Alfa SA,Brest\n")

    assert (report.created, report.updated) == (1, 2)
    assert [(item.title, item.fields["city"]) for item in listed("organization", columns=("city",))] == [("Alfa SA", "Brest")]


def test_a_row_may_refer_to_a_later_row(run: Import, listed: Titles, runtime: Runtime, admin: Actor) -> None:
    rows = "id,name,boss\n" + "".join(f"{number},P{number},{number + 1}\n" for number in range(1, 700)) + "700,P700,\n"

    report = run(rows, PEOPLE.replace("reports_to", "assistant_of"))

    assert (report.created, report.failed) == (700, 0)
    [first] = listed("person", where='last_name == "P1"')
    [link] = runtime.read(lambda uow: list_relationships(uow, first.id), admin)
    assert (link.source, link.valid_from) == (first.id, None)


def test_a_row_whose_reference_never_comes_fails_with_its_reason(run: Import, listed: Titles) -> None:
    report = run("id,name,boss\n1,Anna,9\n2,Bob,1\n3,Cleo,\n", PEOPLE)

    assert (report.created, report.failed) == (1, 2)
    assert [item.title for item in listed("person")] == ["Cleo"]
    reasons = [str(problem) for row in report.failures() for problem in row.problems]
    assert reasons[0] == "It refers to staff 9, which is not there. Import that first, or mend the key."


def test_rows_that_refer_to_each_other_are_imported_together(run: Import) -> None:
    mapping = PEOPLE.replace("reports_to", "assistant_of")
    filler = "".join(f"{number},P{number},\n" for number in range(3, 600))

    report = run("id,name,boss\n1,Anna,2\n" + filler + "2,Bob,1\n", mapping)

    assert (report.created, report.failed) == (599, 0)


def test_an_identifier_of_another_kind_of_party_fails_the_row(run: Import) -> None:
    run("id,name\n1,Anna\n", PEOPLE)

    report = run("id,name\n1,Alfa\n", COMPANIES.replace("shop", "staff"))

    [row] = report.failures()
    assert "staff 1 is Anna, of type person; the mapping says organization" in str(row.problems[0])


def test_identifiers_of_two_parties_in_one_row_fail_it(run: Import, listed: Titles) -> None:
    run(TWO)
    mapping = COMPANIES.replace("{shop: id}", "{shop: id, second: other}")
    run("id,name,other\n2,Beta,B\n", mapping)

    report = run("id,name,other\n1,Changed,B\n", mapping)

    [row] = report.failures()
    assert "Its identifiers belong to different entities: shop 1, second B." in str(row.problems[0])
    assert "Changed" not in [item.title for item in listed("organization")]


def test_an_empty_cell_empties_only_a_field_that_says_clear(run: Import, listed: Titles) -> None:
    run(TWO)

    report = run("id,name,city,country\n1,Alfa,,\n")

    [alfa] = [item for item in listed("organization", columns=("city", "country")) if item.title == "Alfa"]
    assert (report.updated, alfa.fields["city"], alfa.fields["country"]) == (1, None, "FR")


def test_a_column_that_is_absent_leaves_fields_as_they_are(run: Import, listed: Titles) -> None:
    run(TWO)

    report = run("id,name\n1,Alfa\n")

    [alfa] = [item for item in listed("organization", columns=("city",)) if item.title == "Alfa"]
    assert (report.unchanged, alfa.fields["city"]) == (1, "Paris")


def test_bad_rows_are_set_apart_and_good_ones_kept(run: Import, listed: Titles, tmp_path: Path) -> None:
    rows = "id,name,country,mail\n1,Alfa,FR,a@alfa.example\n2,Beta,Nowhere,x\n3,,FR,\n4,Delta,FR,d@delta.example\n"

    report = run(rows, rejects=tmp_path / "bad.csv")

    assert (report.created, report.failed) == (2, 2)
    assert [row.line for row in report.failures()] == [3, 4]
    assert [item.title for item in listed("organization")] == ["Alfa", "Delta"]
    text = (tmp_path / "bad.csv").read_text(encoding="utf-8-sig")
    assert text.splitlines()[0] == "import_line,import_reason,id,name,country,mail"
    assert "country (company.country): “Nowhere” is not a country." in text
    assert "company.email" in text


def test_rejects_that_were_mended_can_be_imported(run: Import, tmp_path: Path, listed: Titles) -> None:
    run("id,name,country\n1,=cmd|' /C calc'!A0,Nowhere\n", rejects=tmp_path / "bad.csv")
    text = (tmp_path / "bad.csv").read_text(encoding="utf-8-sig")
    assert "'=cmd" in text

    report = run(text.replace("1,=", "1,=").replace(",Nowhere", ",FR"))

    assert report.created == 1
    assert [item.title for item in listed("organization")] == ["=cmd|' /C calc'!A0"]


def test_a_dry_run_reports_the_same_and_writes_nothing(run: Import, listed: Titles, tmp_path: Path) -> None:
    rows = TWO + "2,Beta,Nice,FR,\n3,,FR,,\n"

    dry = run(rows, dry_run=True, rejects=tmp_path / "bad.csv")

    assert listed("organization") == []
    assert not (tmp_path / "bad.csv").exists()
    real = run(rows)
    assert dry.as_json() | {"dry_run": False} == real.as_json()
    assert [row.outcome for row in dry.rows()] == ["created", "created", "updated", "failed"]


def test_an_ended_role_is_not_started_again(run: Import, listed: Titles, runtime: Runtime, admin: Actor) -> None:
    run("id,name\n1,Alfa\n")
    [held] = listed("customer")
    runtime.write(lambda uow: end_role(uow, held.id, uow.today), admin)

    report = run("id,name\n1,Alfa\n")

    assert report.unchanged == 1
    assert len(listed("customer", all_periods=True)) == 1


def test_another_first_day_is_another_period_of_the_role(run: Import, listed: Titles) -> None:
    mapping = COMPANIES.replace("{role: customer, ", "{role: customer, since: since, until: until, ")
    header = "id,name,since,until\n"
    run(header + "1,Alfa,2019-01-01,2020-01-01\n", mapping)

    report = run(header + "1,Alfa,2021-05-01,\n", mapping)

    periods = sorted(str(item.since) for item in listed("customer", all_periods=True))
    assert (report.updated, periods) == (1, ["2019-01-01", "2021-05-01"])


def test_an_ended_address_stays_ended(run: Import, runtime: Runtime, admin: Actor, listed: Titles) -> None:
    run(TWO)
    alfa = listed("organization")[0].id
    [point] = runtime.read(lambda uow: list_contact_points(uow, alfa), admin)
    runtime.write(lambda uow: end_contact_point(uow, point.id), admin)

    report = run(TWO)

    assert report.unchanged == 2


def test_parties_without_identifier_are_recognised_by_fields(run: Import, listed: Titles) -> None:
    mapping = COMPANIES.replace("identifiers: {shop: id}", "match: [name, country]")
    run(TWO, mapping)

    report = run(TWO.replace("Alfa", "ALFA").replace("Lyon", "Metz"), mapping)

    assert (report.created, report.updated) == (0, 2)
    assert len(listed("organization")) == 2


def test_an_unknown_identifier_is_bound_to_the_party_that_matches(
    run: Import, runtime: Runtime, admin: Actor, listed: Titles
) -> None:
    run(TWO)
    mapping = COMPANIES.replace("identifiers: {shop: id}", "identifiers: {other: id}\n    match: [name]")

    report = run("id,name\n77,Beta\n", mapping)

    beta = next(item.id for item in listed("organization") if item.title == "Beta")
    assert report.updated == 1
    assert runtime.read(lambda uow: find_by_identifier(uow, "other", "77"), admin) == beta


def test_several_matches_fail_the_row(run: Import) -> None:
    run("id,name\n1,Twin\n2,Twin\n")
    mapping = COMPANIES.replace("identifiers: {shop: id}", "match: [name]")

    report = run("id,name\n9,Twin\n", mapping)

    [row] = report.failures()
    assert "Several entries are equal in name" in str(row.problems[0])


def test_phone_numbers_are_of_the_country_of_the_row(run: Import, runtime: Runtime, admin: Actor, listed: Titles) -> None:
    mapping = COMPANIES.replace("{kind: email, value: mail}", "{kind: phone, value: mail, country_from: country, lenient: true}")

    run("id,name,country,mail\n1,Alfa,Germany,030 901820\n2,Beta,USA,12345\n", mapping)

    ids = [item.id for item in listed("organization")]
    points = runtime.read(lambda uow: [list_contact_points(uow, one) for one in ids], admin)
    assert [point.value for [point] in points] == ["+4930901820", "12345"]


def test_a_value_somebody_else_changed_meanwhile_is_set_again(
    run: Import, runtime: Runtime, admin: Actor, listed: Titles
) -> None:
    run(TWO)
    alfa = listed("organization")[0].id
    runtime.write(lambda uow: update_entity(uow, alfa, {"city": "Elsewhere"}), admin)

    report = run(TWO)

    assert (report.updated, report.unchanged) == (1, 1)


def test_rejects_never_overwrite_the_file_itself(run: Import, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot go to the file they come from"):
        run(TWO, rejects=tmp_path / "rows.csv")


def test_progress_reaches_the_end(run: Import) -> None:
    seen: list[tuple[int, float]] = []

    run(TWO, progress=lambda rows, part: seen.append((rows, part)))

    assert seen[-1] == (2, 1.0)
