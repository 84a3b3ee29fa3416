# SPDX-License-Identifier: Apache-2.0
"""Rows for the database of a release: one or two of every type, with a value in every field that takes one."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

from xrm.contact_points.service import add_contact_point
from xrm.departments.queries import get_tree
from xrm.entities.removal import delete_entity
from xrm.entities.service import create_entity, update_entity
from xrm.errors import InvalidInput, Problem, msg
from xrm.identifiers.service import set_identifier
from xrm.interactions.service import record_interaction
from xrm.relationships.service import end_relationship, relate
from xrm.roles.service import end_role, start_role
from xrm.runtime import Runtime
from xrm.unit_of_work import UnitOfWork, system_actor

_numbers = itertools.count(1)  # so that no two texts are equal, which some fields ask for
ADDRESS = {"street": "1 rue de la Paix", "postal_code": "75002", "city": "Paris", "country": "FR"}
VALUES: dict[str, Any] = {
    "text": "№ {} 😀 “é”", "long_text": "Première ligne de {}.\n\nTroisième, avec\tune tabulation.",
    "rich_text": "<p>Du <b>gras</b>.</p>",
    "integer": 7, "decimal": "12.5", "percent": "17.5", "rating": 4, "yes_no": True, "date": "2024-02-29",
    "datetime": "2024-02-29T12:34:56+01:00", "duration": "1h 30m", "money": {"amount": "1234567.89", "currency": "CHF"},
    "tags": ["golf", "échecs"], "country": "FR", "language": "fr", "url": "https://example.org/é", "email": "a@example.org",
    "phone": "+33142685300", "address": ADDRESS,
}


def add_rows(runtime: Runtime) -> None:
    """Fill an instance that has the departments Sales and Press."""
    runtime.write(_add, system_actor())


def _add(uow: UnitOfWork) -> None:
    places = {one.name: one.id for one in get_tree(uow).by_id.values()}
    sales, press = places["Sales"], places["Press"]
    made: dict[str, list[uuid.UUID]] = {}
    waiting = [one for one in uow.registry.entity_types.values() if one.kind != "role"]
    waiting.sort(key=lambda one: one.kind != "party")
    while waiting:
        later = []
        for one in waiting:
            ends = {name for field in one.fields.values() if field.required is True for name in field.to}
            if ends - {"party", "record", "entity"} - made.keys():
                later.append(one)
                continue
            made[one.name] = [_create(uow, one.name, made, place, number) for number, place in enumerate((sales, press))]
        assert len(later) < len(waiting), [one.name for one in later]
        waiting = later
    _add_roles(uow, made, sales, press)
    _add_relationships(uow, made)
    _add_around(uow, made, sales)


def _create(uow: UnitOfWork, name: str, made: dict[str, list[uuid.UUID]], place: uuid.UUID, number: int) -> uuid.UUID:
    # The second of each has only what it needs.
    values = _values(uow, name, made, only_needed=number == 1)
    made_one: uuid.UUID = _tried(values, lambda kept: create_entity(uow, name, kept, department=place))
    return made_one


def _values(uow: UnitOfWork, name: str, made: dict[str, list[uuid.UUID]], *, only_needed: bool) -> dict[str, Any]:
    parties = [*made.get("person", []), *made.get("organization", [])]
    found: dict[str, Any] = {}
    for key, field in uow.registry.get(name).fields.items():
        if only_needed and not field.required:
            continue
        value = _value(field, {**made, "party": parties, "entity": parties})
        if value is not None:
            found[key] = [value] if field.many and not isinstance(value, list) else value
    return found


def _value(field: Any, made: dict[str, list[uuid.UUID]]) -> Any:
    if field.type == "choice":
        return None if field.default is not None else field.choices[-1].key
    if field.type == "choices":
        return [choice.key for choice in field.choices[:2]]
    if field.type in {"link", "links"}:
        there = next((made[name][0] for name in field.to if made.get(name)), None)
        return None if there is None else str(there) if field.type == "link" else [str(there)]
    value = VALUES.get(field.type)
    if isinstance(value, str) and "{}" in value:
        return value.format(f"{next(_numbers)} {field.key}")[: field.length or 200].strip()
    return value


def _tried(values: dict[str, Any], make: Any) -> Any:
    """What ``make`` gives for these values, without those that a rule of the type does not take."""
    tried: set[str] = set()
    while True:
        try:
            return make(values)
        except InvalidInput as error:
            wrong = {problem.path.split(".")[0] for problem in error.problems} & values.keys()
            if not wrong:
                raise InvalidInput([*error.problems, Problem("given", msg("{given}", given=values))]) from error
            again = {key: f"A{next(_numbers)}" for key in wrong - tried if isinstance(values[key], str)}
            tried |= wrong
            values = {key: value for key, value in values.items() if key not in wrong} | again


def _add_roles(uow: UnitOfWork, made: dict[str, list[uuid.UUID]], sales: uuid.UUID, press: uuid.UUID) -> None:
    for one in uow.registry.of_kind("role"):
        party = made[one.declaration.of[0]][0]
        for place, is_over in ((sales, True), (press, False)):
            values = _values(uow, one.name, made, only_needed=not is_over)
            role = _tried(values, lambda kept, one=one, party=party, place=place: start_role(
                uow, party, one.name, kept, department=place, since=uow.today.replace(year=2020, day=1)
            ))
            if is_over:
                end_role(uow, role, uow.today.replace(year=2024, day=1))


def _add_relationships(uow: UnitOfWork, made: dict[str, list[uuid.UUID]]) -> None:
    made = {**made, "party": made["person"], "entity": made["person"]}
    for number, (name, one) in enumerate(sorted(uow.registry.relationship_types.items())):
        source = made[one.declaration.source[0]][0]
        target = next(found for found in made[one.declaration.target[0]][::-1] if found != source)
        values = {key: value for key, field in one.fields.items() if (value := _value(field, made)) is not None}
        link = _tried(values, lambda kept, name=name, source=source, target=target: relate(
            uow, name, source, target, values=kept, valid_from=uow.today.replace(year=2019, day=1)
        ))
        if number % 3 == 0:
            end_relationship(uow, link, uow.today.replace(year=2023, day=1))


def _add_around(uow: UnitOfWork, made: dict[str, list[uuid.UUID]], sales: uuid.UUID) -> None:
    person, company = made["person"][0], made["organization"][0]
    for kind, value in (("email", "marie@example.org"), ("phone", "+33142685300"), ("postal", ADDRESS), ("url", "https://example.org")):
        add_contact_point(uow, person, kind, value, label="bureau")
    set_identifier(uow, "old crm", "C-1", company)
    for kind in sorted(uow.registry.interaction_kinds)[:6]:
        both = [person, company]
        record_interaction(uow, kind, department=sales, participants=both, subject="Été", body="Bonjour,\nà bientôt.")
    update_entity(uow, company, {"city": "Lyon"})
    gone = create_entity(uow, "person", {"last_name": "Parti"}, department=sales)
    delete_entity(uow, gone)
