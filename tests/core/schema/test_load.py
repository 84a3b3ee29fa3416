# SPDX-License-Identifier: Apache-2.0
"""Loading a plugin's folder, and what is checked between the declarations of all plugins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from xrm.errors import InvalidInput
from xrm.schema.load import Declarations, check_together, load_folder

LABEL = "label: {en: {one: a, many: b}, fr: {one: a, many: b, gender: m}}\n"
PERSON = f"entity: person\nkind: party\n{LABEL}title: '{{name}}'\nfields:\n  name: {{type: text, label: {{en: Name, fr: Nom}}}}\n"
FAN = f"entity: fan\nkind: role\nof: [person]\n{LABEL}"
CALL = "interactions: {call: {label: {en: Call, fr: Appel}}}\n"
KNOWS = (
    "relationships:\n  knows:\n    label: {en: {forward: a, reverse: b}, fr: {forward: a, reverse: b}}\n"
    "    from: [person]\n    to: [party]\n"
)
BASE = Path(__file__).parents[3] / "entity_schemas" / "xrm_base"


def load(folder: Path, plugin: str = "base", /, **files: str) -> Declarations:
    for name, text in files.items():
        path = folder / plugin / (f"{name}.yaml" if name in {"relationships", "interactions"} else f"entities/{name}.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return load_folder(folder / plugin, plugin)


def test_a_folder_gives_all_its_declarations(tmp_path: Path) -> None:
    declared = load(tmp_path, person=PERSON, fan=FAN, relationships=KNOWS, interactions=CALL)
    assert [entity.name for entity in declared.entities] == ["fan", "person"]
    assert [relationship.name for relationship in declared.relationships] == ["knows"]
    assert [kind.name for kind in declared.interaction_kinds] == ["call"]
    assert check_together([declared]) == []


def test_a_folder_without_files_declares_nothing(tmp_path: Path) -> None:
    assert load_folder(tmp_path, "empty") == Declarations("empty")


def test_problems_of_all_files_come_together(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path, person=PERSON.replace("party", "prty"), relationships=KNOWS.replace("from", "form"), interactions="a: &b")
    files = {Path(problem.where.rsplit(":", 2)[0]).name for problem in caught.value.problems}
    assert files == {"person.yaml", "relationships.yaml", "interactions.yaml"}


def test_one_entity_of_two_plugins_names_both_and_their_files(tmp_path: Path) -> None:
    first, second = load(tmp_path, "base", person=PERSON), load(tmp_path, "club", person=PERSON)
    (problem,) = check_together([first, second])
    assert problem.where == f"{tmp_path}/club/entities/person.yaml:1:1"
    for part in ("plugin base", "plugin club", f"{tmp_path}/base/entities/person.yaml:1:1"):
        assert part in str(problem.message)


@pytest.mark.parametrize(
    ("name", "text", "what"), [("relationships", KNOWS, "relationship type"), ("interactions", CALL, "interaction")]
)
def test_relationship_types_and_interaction_kinds_are_declared_once(tmp_path: Path, name: str, text: str, what: str) -> None:
    first, second = load(tmp_path, "base", person=PERSON, **{name: text}), load(tmp_path, "club", **{name: text})
    assert [what in str(problem.message) for problem in check_together([first, second])] == [True]


def test_a_link_to_an_unknown_type_is_told_which_was_meant(tmp_path: Path) -> None:
    field = "  boss: {type: link, to: [persn], if_gone: clear, label: {en: Boss, fr: Chef}}\n"
    (problem,) = check_together([load(tmp_path, person=PERSON + field)])
    assert problem.path == "person.fields.boss.to"
    assert problem.where.endswith("person.yaml:7:3")
    assert 'Did you mean "person"?' in str(problem.message)


@pytest.mark.parametrize("word", ["party", "record", "entity", "person"])
def test_a_link_may_name_any_party_record_or_entity(tmp_path: Path, word: str) -> None:
    field = f"  boss: {{type: link, to: [{word}], if_gone: clear, label: {{en: Boss, fr: Chef}}}}\n"
    assert check_together([load(tmp_path, person=PERSON + field)]) == []


def test_an_end_of_an_unknown_type_is_located(tmp_path: Path) -> None:
    (problem,) = check_together([load(tmp_path, person=PERSON, relationships=KNOWS.replace("[party]", "[parti]"))])
    assert (problem.path, problem.where.endswith("relationships.yaml:2:3")) == ("knows.to", True)
    assert 'Did you mean "party"?' in str(problem.message)


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ("persn", 'Did you mean "person"?'),
        ("fan", "Cyclic"),
        ("friend", "Cyclic"),
        ("song", "song is a record"),
        ("singer", "is a role"),
    ],
)
def test_a_role_is_of_party_types_only(tmp_path: Path, of: str, said: str) -> None:
    declared = load(
        tmp_path,
        person=PERSON,
        fan=FAN.replace("[person]", f"[{of}]"),
        friend=FAN.replace("fan", "friend").replace("[person]", "[fan]"),
        singer=FAN.replace("fan", "singer"),
        song=PERSON.replace("person", "song").replace("party", "record"),
    )
    problems = [problem for problem in check_together([declared]) if problem.path == "fan.of"]
    assert [said in str(problem.message) for problem in problems] == [True]
    assert problems[0].where.endswith("fan.yaml:1:1")


def test_the_order_of_plugins_does_not_matter(tmp_path: Path) -> None:
    base, club = load(tmp_path, "base", person=PERSON), load(tmp_path, "club", fan=FAN)
    assert check_together([base, club]) == check_together([club, base]) == []


def test_the_base_vocabulary_loads_and_fits_together() -> None:
    declared = load_folder(BASE, "base")
    assert {"person", "organization", "customer"} <= {entity.name for entity in declared.entities}
    assert check_together([declared]) == []
    assert check_together([replace(declared, entities=())])


def test_keys_of_administrators_fields_are_refused_in_plugins(tmp_path: Path) -> None:
    text = PERSON.replace("  name:", "  x_name:").replace("{name}", "{x_name}")

    (problem,) = check_together([load(tmp_path, person=text)])

    assert problem.path == "person.fields.x_name"
    assert "administrators" in str(problem.message)
