# SPDX-License-Identifier: Apache-2.0
"""An import in one call: rows and a mapping given as texts, and what the instance holds afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.factories.access import Departments
from xrm.entities.listing import ListQuery
from xrm.entities.queries import list_entities
from xrm.imports.report import ImportReport
from xrm.imports.run import run_import
from xrm.runtime import Runtime
from xrm.unit_of_work import Actor

Import = Callable[..., ImportReport]
Titles = Callable[..., list[Any]]

COMPANIES = """
things:
  company:
    type: organization
    identifiers: {shop: id}
    fields: {name: name, city: {column: city, clear: true}, country: country}
    roles: [{role: customer, fields: {number: id}}]
    contact_points: [{kind: email, value: mail}]
source: {optional: [city, country, mail]}
"""


@pytest.fixture
def run(runtime: Runtime, admin: Actor, departments: Departments, tmp_path: Path) -> Import:
    """``run(rows, mapping=…, actor=…, **options)`` imports a text of rows into the department sales."""

    def run_texts(rows: str, mapping: str = COMPANIES, actor: Actor = admin, **options: Any) -> ImportReport:
        (tmp_path / "rows.csv").write_text(rows, encoding="utf-8")
        (tmp_path / "mapping.yaml").write_text(mapping, encoding="utf-8")
        options.setdefault("department", departments.sales)
        return run_import(runtime, actor, tmp_path / "rows.csv", tmp_path / "mapping.yaml", **options)

    return run_texts


@pytest.fixture
def listed(runtime: Runtime, admin: Actor) -> Titles:
    """``listed(type)`` gives every entry of a type, by title."""

    def list_type(name: str, **options: Any) -> list[Any]:
        query = ListQuery(name, limit=500, **options)
        return list(runtime.read(lambda uow: list_entities(uow, query), admin).items)

    return list_type
