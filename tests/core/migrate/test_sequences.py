# SPDX-License-Identifier: Apache-2.0
"""Version after version: once applied nothing waits and nothing drifts; taken back, everything is there again."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.factories.evolving import Evolving, labels
from xrm.migrate.apply import rollback
from xrm.migrate.asking import Choices
from xrm.migrate.drift import find_drift
from xrm.migrate.progress import made_plans
from xrm.migrate.upgrade import apply_changes
from xrm.runtime import Runtime

NAME: dict[str, Any] = {"name": {"type": "text", "required": True}}
KINDS: tuple[dict[str, Any], ...] = (
    {"type": "text"}, {"type": "text", "index": True}, {"type": "integer", "index": True}, {"type": "decimal", "scale": 2},
    {"type": "money"}, {"type": "date"}, {"type": "tags"}, {"type": "address"}, {"type": "yes_no"},
    {"type": "integer", "unique": True},
    {"type": "link", "to": ["organization"], "if_gone": "clear"}, {"type": "links", "to": ["person"], "if_gone": "clear"},
)
VALUES: dict[str, Any] = {"text": "Brême", "decimal": "1.50", "date": "2026-01-31", "tags": ["a", "b"], "yes_no": True}
VERSIONS = 6


class Story:
    """Fields that come, go, come back and get other names, decided by chance."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.fields: dict[str, dict[str, Any]] = dict(NAME)
        self.former: dict[str, dict[str, Any]] = {}
        self.renamed: dict[str, str] = {}
        self.count = 0

    def go_on(self) -> None:
        """One version later."""
        for _ in range(self.chance.randint(1, 3)):
            others = [key for key in self.fields if key != "name"]
            what = self.chance.choice(["add", "add", "remove", "rename", "return"])
            if what == "remove" and others:
                key = self.chance.choice(others)
                self.former[key] = self.fields.pop(key)
            elif what == "rename" and others:
                old, new = self.chance.choice(others), self._new_key()
                self.fields[new] = self.fields.pop(old)
                self.renamed[old] = new
            elif what == "return" and self.former:
                key = self.chance.choice(sorted(self.former))
                self.fields[key] = self.former.pop(key)
            else:
                self.fields[self._new_key()] = self.chance.choice(KINDS)

    def _new_key(self) -> str:
        self.count += 1
        return f"field{self.count}"

    def names(self) -> dict[str, str]:
        """Former keys and those that took their place and are still there."""
        return {old: new for old, new in self.renamed.items() if new in self.fields and old not in self.fields}

    def values(self) -> dict[str, Any]:
        """Something for each field that takes it."""
        given = {key: VALUES.get(kind["type"]) for key, kind in self.fields.items()}
        return {**{key: value for key, value in given.items() if value is not None}, "name": f"Vessel {self.count}"}


def tables(evolving: Evolving, runtime: Runtime) -> dict[str, list[Any]]:
    """Every table of the vessels, row by row."""
    names = sorted(name for name in runtime.registry.table_set.tables if name.startswith("fleet__"))
    found = {}
    for name in names:
        order = "owner_id, position" if "__vessel__" in name else "id"
        columns = sorted(column.name for column in runtime.registry.table_set.tables[name].columns)
        found[name] = [[row[column] for column in columns] for row in evolving.rows(runtime, name, order)]
    return found


def last_done(runtime: Runtime) -> int:
    """The number of the latest plan that stands."""
    return max(one.number for one in made_plans(runtime.engine) if one.state == "done")


DEEP = pytest.mark.deep


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=DEEP) for seed in range(1, 20))])
def test_versions_follow_each_other_and_are_taken_back(evolving: Evolving, seed: int, request: pytest.FixtureRequest) -> None:
    story = Story(random.Random(seed))
    states: list[tuple[int, Runtime, dict[str, list[Any]]]] = []
    for version in range(VERSIONS * (3 if request.config.getoption("--deep") else 1)):
        runtime = evolving.applied(story.fields, renamed=story.names(), revision=version + 1)
        assert (labels(evolving.plan(runtime).steps), find_drift(runtime.engine)) == ([], [])
        evolving.create(runtime, story.values())
        states.append((last_done(runtime), runtime, tables(evolving, runtime)))
        story.go_on()

    for number, runtime, rows in reversed(states[:-1]):
        if last_done(runtime) > number:
            rollback(runtime.engine, to=number)
        left = {name: [row for row in tables(evolving, runtime)[name] if row in rows[name]] for name in rows}
        assert left == rows
        assert find_drift(runtime.engine) == []


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=DEEP) for seed in range(4, 15)])
def test_what_is_dropped_for_good_leaves_nothing_waiting(evolving: Evolving, seed: int) -> None:
    story = Story(random.Random(seed))
    for version in range(VERSIONS):
        runtime = evolving.applied(story.fields, renamed=story.names(), revision=version + 1)
        evolving.create(runtime, story.values())
        story.go_on()

    runtime = evolving.declare(story.fields, renamed=story.names(), revision=VERSIONS + 1)
    apply_changes(runtime.engine, runtime.registry, choices=Choices(contract_now=True))
    evolving.create(runtime, story.values())

    assert (labels(evolving.plan(runtime).steps), labels(evolving.plan(runtime).later)) == ([], [])
    assert find_drift(runtime.engine) == []
