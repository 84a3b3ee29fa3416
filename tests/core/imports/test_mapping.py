# SPDX-License-Identifier: Apache-2.0
"""Mistakes in a mapping file: each is told with its line, and what to write instead."""

from __future__ import annotations

import pytest

from tests.core.imports.conftest import Import
from xrm.errors import InvalidInput
from xrm.imports.build import build_mapping
from xrm.runtime import Runtime
from xrm.schema.strict_yaml import Document, parse

THING = "things:\n  company:\n    type: organization\n    identifiers: {shop: id}\n    fields: {name: name}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (THING.replace("fields:", "feilds:"), 'm.yaml:5:5: things.company.feilds: Unknown key "feilds". Did you mean "fields"?'),
        (THING.replace("organization", "organisation"), 'm.yaml:3:11: things.company.type: Unknown entity type "organisation". '
         'Did you mean "organization"?'),
        (THING.replace("{name: name}", "{nam: name}"), 'Unknown field "nam". Did you mean "name"?'),
        (THING.replace("    identifiers: {shop: id}\n", ""), "How is it found again at the next run?"),
        (THING + "    roles: [{role: costumer}]\n", 'Unknown role "costumer". Did you mean "customer"?'),
        (THING + "    roles: [{role: employee}]\n", "organization cannot be employee. Only these can: person."),
        (THING + "    contact_points: [{kind: fone, value: x}]\n", 'Unknown kind of contact point "fone". Did you mean "phone"?'),
        (THING + "    contact_points: [{kind: phone}]\n", "Write value: column"),
        (THING + "    match: [city]\n", "The field city is compared but has no value."),
        (THING + "relationships: [{relationship: works_for, from: contact, to: company}]\n", 'Unknown thing "contact"'),
        (THING + "relationships: [{relationship: work_for, from: company, to: company}]\n", 'Did you mean "works_for"?'),
        (THING.replace("{name: name}", "{name: {column: a, text: b}}"), "Write one of: column, text, value, refer."),
        (THING.replace("{name: name}", "{name: {refer: company}}"), "refer goes with link fields only"),
        ("source: {}\n", "Nothing is imported."),
        ("things: [", "m.yaml:2:1"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, message: str, runtime: Runtime) -> None:
    with pytest.raises(InvalidInput) as caught:
        build_mapping(parse_or_raise(text), runtime.registry)

    assert message in str(caught.value)
    assert "m.yaml:" in str(caught.value)


def parse_or_raise(text: str) -> Document:
    return parse(text, "m.yaml")


def test_columns_that_the_file_has_not_are_named(run: Import) -> None:
    with pytest.raises(InvalidInput, match=r"has not: name \(\S+mapping.yaml:5\)\. The file has: id, names\."):
        run("id,names\n1,Alfa\n", THING)
