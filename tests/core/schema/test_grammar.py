# SPDX-License-Identifier: Apache-2.0
"""The grammar of declaration files: what a good file becomes, and what each kind of mistake is told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from xrm.errors import InvalidInput, Problem
from xrm.schema.grammar.read import read_entity, read_interactions, read_relationships
from xrm.schema.load import builtin_rules
from xrm.schema.model import EntityDeclaration, Location
from xrm.schema.strict_yaml import parse

OUTLET = """\
entity: outlet
kind: record
label:
  en: {one: outlet, many: outlets}
  fr: {one: média, many: médias, gender: m}
title: "{name}"
fields:
  name: {type: text, required: true, search: strong, label: {en: Name, fr: Nom}}
  state: {type: choice, label: {en: State, fr: État}, choices: {no: {en: NO, fr: Non}, open: {en: Open, fr: Oui, tone: good}}}
  owner_party: {type: link, to: [party], if_gone: clear, label: {en: Publisher, fr: Éditeur}}
"""
FIELDS_END = "if_gone: clear, label: {en: Publisher, fr: Éditeur}}\n"
ROLE = "entity: outlet\nkind: role\nof: [person]\nlabel: {en: {one: a, many: b}, fr: {one: a, many: b, gender: f}}\n"


def read_text(text: str, file: str = "outlet.yaml") -> EntityDeclaration:
    return read_entity(parse(text, file), "press", builtin_rules())


def problems_of(text: str, file: str = "outlet.yaml") -> list[Problem]:
    with pytest.raises(InvalidInput) as caught:
        read_text(text, file)
    return caught.value.problems


def test_a_good_file_becomes_a_declaration() -> None:
    outlet = read_text(OUTLET)
    assert (outlet.plugin, outlet.name, outlet.kind, outlet.title) == ("press", "outlet", "record", "{name}")
    assert outlet.label.one.get("fr") == "média"
    assert outlet.label.gender == {"fr": "m"}
    assert list(outlet.fields) == ["name", "state", "owner_party"]
    assert outlet.fields["name"].required is True
    assert outlet.fields["owner_party"].to == ("party",)
    assert outlet.fields["name"].location == Location("outlet.yaml", 8, 3)
    assert outlet.location == Location("outlet.yaml", 1, 1)


def test_the_choice_no_stays_text() -> None:
    state = read_text(OUTLET).fields["state"]
    assert state.choices[0].label.get("en") == "NO"
    assert [(choice.key, choice.label.get("fr"), choice.tone) for choice in state.choices] == [
        ("no", "Non", "neutral"),
        ("open", "Oui", "good"),
    ]


EVERYTHING = """\
entity: outlet
kind: role
of: [person, organization]
label: {en: {one: a, many: b}, fr: {one: a, many: b, gender: f}}
help: {en: Help, fr: Aide}
icon: handshake
color: indigo
subtitle: "{number}"
single: true
revision: 2
renamed: {no: number}
x-note: for the editor
fields:
  number: {type: text, length: 40, x-remark: 1, label: {en: Number, fr: Numéro}}
  limit: {type: decimal, scale: 2, min: 0.10, label: {en: Limit, fr: Plafond}}
  stage: {type: choice, label: {en: Stage, fr: Étape}, choices: {new: {en: New, fr: Neuf}, won: {en: Won, fr: Gagné}}}
match: [{on: [number], certainty: sure}]
stages: {field: stage, moves: {new: [won]}, asks: {won: [limit]}}
page: {highlights: [number, since], sections: [{label: {en: More, fr: Plus}, fields: [limit]}]}
views:
  open: {label: {en: Open, fr: En cours}, columns: [title], where: 'stage != "won"', sort: [title, -limit], as: board}
access: {editor: [read, update]}
privacy: {basis: contract, keep: 3 years, at_end: erase}
interchange: {csv: {number: [No]}, vcard: {number: NOTE}, events: true}
samples: [{number: A1}]
"""


def test_every_part_of_the_grammar_is_taken() -> None:
    role = read_text(EVERYTHING)

    assert role.of == ("person", "organization")
    assert role.fields["limit"].min == Decimal("0.10")
    assert role.match[0].on == ("number",)
    assert role.stages is not None
    assert role.stages.moves == {"new": ("won",)}
    assert role.page.sections[0].fields == ("limit",)
    assert (role.views["open"].key, role.views["open"].shown_as, role.views["open"].sort) == (
        "open",
        "board",
        ("title", "-limit"),
    )
    assert role.access == {"editor": ("read", "update")}
    assert role.privacy.keep == "3 years"
    assert role.samples == ({"number": "A1"},)


@pytest.mark.parametrize(
    ("old", "new", "where", "path", "said"),
    [
        ("kind: record", "kind: record\ntitel: x", "3:1", "titel", 'Did you mean "title"?'),
        ("kind: record", "kind: recrod", "2:7", "kind", 'Did you mean "record"?'),
        ("kind: record\n", "", "1:1", "kind", "for example: record"),
        ("search: strong", "serach: strong", "8:38", "fields.name.serach", 'Did you mean "search"?'),
        ("search: strong", "search: very", "8:46", "fields.name.search", "strong, normal, weak"),
        ("required: true", "required: [yes]", "8:22", "fields.name.required", "Text is expected"),
        ("required: true", "index: yes", "8:29", "fields.name.index", 'true or false, not "yes"'),
        ("required: true", "length: many", "8:30", "fields.name.length", "whole number from 1"),
        ("type: text", "type: txt", "8:16", "fields.name.type", 'Did you mean "text"?'),
        ("label: {en: Name, fr: Nom}", "index: true", "8:3", "fields.name.label", "{en: Name, fr: Nom}"),
        ("label: {en: Name, fr: Nom}", "label: {en: Name}", "8:54", "fields.name.label.fr", "Write fr: …"),
        ("label: {en: Name, fr: Nom}", "label: Name", "8:61", "fields.name.label", '{en: "Name", fr: "…"}'),
        (", gender: m", "", "5:3", "label.fr.gender", "for example: m"),
        ("gender: m", "gender: n", "5:42", "label.fr.gender", "m, f"),
        ('title: "{name}"', 'title: "{nmae}"', "6:8", "title", 'Did you mean "name"?'),
        ('title: "{name}"', "title: {name}", "6:1", "title", "in quotes"),
        ('title: "{name}"\n', "", "1:1", "title", "What is one of them called?"),
        ('title: "{name}"', 'title: "name"', "6:8", "title", "names no field"),
        ('title: "{name}"', 'title: "{name}"\nsort_as: "{name"', "7:10", "sort_as", "names no field"),
        ("  name: {type", "  Name: {type", "8:3", "fields.Name", "a-z, 0-9 and _"),
        ("  name: {type", "  id: {type", "8:3", "fields.id", "reserved"),
        ("  name: {type", "  my__name: {type", "8:3", "fields.my__name", 'without "__"'),
        ("tone: good", "tone: nice", "9:120", "fields.state.choices.open.tone", "Unknown tone"),
        (", if_gone: clear", "", "10:3", "fields.owner_party.if_gone", "clear, remove or refuse"),
        ("to: [party], ", "", "10:3", "fields.owner_party.to", "Write to: [person]"),
        ("to: [party]", "to: party", "10:33", "fields.owner_party.to", "Write [party]"),
        ("required: true", "when: 'state =='", "8:28", "fields.name.when", "column"),
        ("required: true", "default: '=today('", "8:31", "fields.name.default", "column"),
        ("required: true", "scale: 2", "8:3", "fields.name", "no option scale"),
        ("kind: record", "kind: record\nof: [person]", "3:1", "of", "only with kind: role"),
        ("kind: record", "kind: record\nof: person", "3:5", "of", "Write [person]"),
        ("kind: record", "kind: record\nicon: Big Icon", "3:7", "icon", "lucide"),
        ("kind: record", "kind: record\ncolor: tael", "3:8", "color", 'Did you mean "teal"?'),
        ("kind: record", "kind: record\nlabel_en:", "3:1", "label_en", 'Did you mean "label"?'),
        ("kind: record", "kind: record\nrenamed: {old: nmae}", "3:16", "renamed.old", 'Did you mean "name"?'),
        ("kind: record", "kind: record\nrenamed: {name: state}", "3:11", "renamed.name", "still a field"),
        (FIELDS_END, FIELDS_END + "page: {highlights: [nmae]}", "11:21", "page.highlights.0", 'Did you mean "name"?'),
        (
            FIELDS_END,
            FIELDS_END + "page: {highlights: [name, name, name, name, name, name, name, name]}",
            "11:8",
            "page.highlights",
            "At most 7",
        ),
        (FIELDS_END, FIELDS_END + "match: [{on: [name, cty]}]", "11:21", "match.0.on.1", 'Unknown field "cty"'),
        (FIELDS_END, FIELDS_END + "stages: {field: name, moves: {}}", "11:17", "stages.field", "type: choice"),
        (
            FIELDS_END,
            FIELDS_END + "stages: {field: state, moves: {open: [no, opne]}}",
            "11:43",
            "stages.moves.open.1",
            'Did you mean "open"?',
        ),
        (
            FIELDS_END,
            FIELDS_END + "stages: {field: state, moves: {opne: []}}",
            "11:32",
            "stages.moves.opne",
            'Did you mean "open"?',
        ),
        (
            FIELDS_END,
            FIELDS_END + "stages: {field: state, moves: {}, asks: {open: [nam]}}",
            "11:49",
            "stages.asks.open.0",
            'Did you mean "name"?',
        ),
        (
            FIELDS_END,
            FIELDS_END + "views: {all: {label: {en: A, fr: B}, columns: [titel]}}",
            "11:48",
            "views.all.columns.0",
            'Did you mean "title"?',
        ),
        (
            FIELDS_END,
            FIELDS_END + "views: {all: {label: {en: A, fr: B}, sort: [-nmae]}}",
            "11:45",
            "views.all.sort.0",
            'Did you mean "name"?',
        ),
        (FIELDS_END, FIELDS_END + "views: {all: {label: {en: A, fr: B}, where: 'a b'}}", "11:45", "views.all.where", "column"),
        (FIELDS_END, FIELDS_END + "access: {reader: [raed]}", "11:19", "access.reader.0", 'Did you mean "read"?'),
        (FIELDS_END, FIELDS_END + "privacy: {keep: long}", "11:17", "privacy.keep", "days, weeks, months or years"),
        (FIELDS_END, FIELDS_END + "interchange: {csv: {nmae: [N]}}", "11:21", "interchange.csv.nmae", 'Did you mean "name"?'),
        (FIELDS_END, FIELDS_END + "samples: [{nmae: N}]", "11:12", "samples.0.nmae", 'Did you mean "name"?'),
    ],
)
def test_each_mistake_is_located_and_told_what_to_write(old: str, new: str, where: str, path: str, said: str) -> None:
    assert old in OUTLET
    problems = problems_of(OUTLET.replace(old, new, 1))
    found = [(problem.where, problem.path) for problem in problems if said in str(problem.message)]
    assert (f"outlet.yaml:{where}", path) in found, problems


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        (ROLE.replace("of: [person]\n", ""), "1:1", "Write of: [person, organization]"),
        (ROLE + 'title: "{x}"', "5:1", "Remove title"),
        (ROLE + "contactable: 'true'", "5:1", "only with kind: party"),
    ],
)
def test_keys_must_go_with_the_kind(text: str, where: str, said: str) -> None:
    found = [problem.where for problem in problems_of(text) if said in str(problem.message)]
    assert found == [f"outlet.yaml:{where}"]


def test_the_file_is_called_like_its_entity() -> None:
    problems = problems_of(OUTLET, "folder/outlets.yaml")
    assert [str(problem) for problem in problems] == [
        'folder/outlets.yaml:1:9: entity: The file outlets.yaml declares "outlet". '
        "Call the file outlet.yaml, or correct the name."
    ]


def test_all_problems_of_a_file_come_together_in_the_order_of_its_lines() -> None:
    text = OUTLET.replace("kind: record", "kind: thing").replace("{name}", "{nmae}").replace("search:", "serach:")
    assert [problem.where.split(":", 1)[1] for problem in problems_of(text)] == ["2:7", "6:8", "8:38"]


@pytest.mark.parametrize("text", ["", "- entity: outlet", "just text"])
def test_a_file_that_is_no_mapping_is_refused(text: str) -> None:
    assert "A mapping is expected" in str(problems_of(text)[0].message)


def test_a_field_named_source_belongs_to_entities_but_not_to_relationships() -> None:
    field = "source: {type: text, label: {en: Source, fr: Origine}}"
    assert "source" in read_text(OUTLET.replace("fields:\n", f"fields:\n  {field}\n")).fields
    with pytest.raises(InvalidInput, match=r"r\.yaml:4:44: relationships.knows.fields.source: .*reserved"):
        read_relationships(parse(RELATIONSHIPS + f", fields: {{{field}}}}}", "r.yaml"), "press", builtin_rules())


RELATIONSHIPS = """\
relationships:
  knows:
    {label: {en: {forward: knows, reverse: is known by}, fr: {forward: connaît, reverse: est connu de}},
    from: [person], to: [person]"""


def test_relationship_types_have_both_labels_and_ends() -> None:
    (knows,) = read_relationships(parse(RELATIONSHIPS + ", symmetric: true}", "r.yaml"), "press", builtin_rules())
    assert (knows.name, knows.source, knows.target, knows.symmetric) == ("knows", ("person",), ("person",), True)
    assert (knows.forward.get("fr"), knows.reverse.get("en")) == ("connaît", "is known by")
    assert knows.location == Location("r.yaml", 2, 3)


@pytest.mark.parametrize(
    ("old", "new", "where", "said"),
    [
        (", to: [person]", ", cardinality: many", "2:3", "for example: [organization]"),
        ("from: [person]", "form: [person]", "4:5", 'Did you mean "from"?'),
        ("to: [person]", "to: [person], cardinality: one_to_may", "4:48", 'Did you mean "one_to_many"?'),
        ("reverse: is known by", "revers: x", "3:35", 'Did you mean "reverse"?'),
    ],
)
def test_mistakes_in_relationships_are_located(old: str, new: str, where: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_relationships(parse(RELATIONSHIPS.replace(old, new) + "}", "r.yaml"), "press", builtin_rules())
    assert f"r.yaml:{where}" in [problem.where for problem in caught.value.problems if said in str(problem.message)]


def test_interaction_kinds_are_by_hand_unless_they_say_otherwise() -> None:
    text = "interactions: {a: {label: {en: A, fr: A}}, b: {label: {en: B, fr: B}, icon: mail, by_hand: false}}"
    first, second = read_interactions(parse(text), "press", builtin_rules())
    assert (first.name, first.by_hand, second.icon, second.by_hand) == ("a", True, "mail", False)
