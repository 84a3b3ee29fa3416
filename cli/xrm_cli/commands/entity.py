# SPDX-License-Identifier: Apache-2.0
"""``xrm entity``: parties, roles and records of every type."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import click

from xrm.entities.listing import ListQuery
from xrm.entities.queries import count_entities, get_entity
from xrm.entities.removal import delete_entity, restore_entity
from xrm.entities.service import create_entity, update_entity
from xrm.errors import NotFound
from xrm.roles.queries import get_role
from xrm.roles.service import delete_role, restore_role, start_role, update_role
from xrm.unit_of_work import UnitOfWork
from xrm_cli.choosing import DAY, ID, choose_department, department_option, values_of, values_option
from xrm_cli.declaring import Noun
from xrm_cli.listing import ListResult, print_entities, read_list
from xrm_cli.output import print_pairs, print_table, say
from xrm_cli.session import Session, with_session
from xrm_cli.showing import entity_as_json, fields_as_words, role_as_json


@click.group(cls=Noun)
def entity() -> None:
    """Parties, roles and records: list, show, create, update, delete."""


@entity.command("types", examples=["xrm entity types", "xrm entity types --json"])
@with_session
def types(session: Session) -> None:
    """List all entity types with their plugin, kind and fields."""
    items = [
        {
            "name": one.name, "kind": one.kind, "plugin": one.plugin, "label": one.label.one.get("en"),
            "of": list(one.declaration.of), "fields": {key: field.type for key, field in one.fields.items()},
        }
        for one in session.runtime.registry.entity_types.values()
    ]
    rows = [{**item, "fields": len(item["fields"])} for item in items]
    session.give({"items": items, "next": None}, lambda: print_table(rows, ("name", "kind", "plugin", "label", "of", "fields")))


@entity.command(
    "list",
    examples=[
        "xrm entity list customer --limit 20",
        "xrm entity list customer --where 'status == \"active\" and credit_limit > 1000' --sort -credit_limit --json",
        "xrm entity list customer --count --distinct party --json",
    ],
)
@click.argument("type_name", metavar="TYPE")
@click.option("--where", metavar="EXPR", default="", help="Condition in the expression language (docs/expressions.md).")
@click.option("--sort", metavar="FIELD", multiple=True, help="Field to sort by, -FIELD for descending; repeat it.")
@click.option("--columns", metavar="FIELDS", default=None, help="Fields to give, with commas between them.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many at most.")
@click.option("--after", metavar="CURSOR", default=None, help="Continue where the page before ended.")
@click.option("--all-periods", is_flag=True, help="Roles: also those that are over.")
@click.option("--distinct", type=click.Choice(["party"]), help="Roles: one for each party.")
@click.option("--count", "only_count", is_flag=True, help="Give the number only.")
@with_session
def list_command(
    session: Session, *, type_name: str, where: str, sort: tuple[str, ...], columns: str | None, limit: int, after: str | None,
    all_periods: bool, distinct: str | None, only_count: bool,
) -> None:
    """List entities of a type ("party": all parties); of a role type the roles of parties, open ones unless --all-periods."""
    keys = tuple(key for part in sort for key in part.split(",")) or ("title",)
    chosen = tuple(key.strip() for key in columns.split(",")) if columns is not None else None
    query = ListQuery(
        type_name, columns=chosen, where=where, sort=keys, after=after, all_periods=all_periods, distinct=distinct or ""
    )
    if only_count:
        number = session.read(lambda uow: count_entities(uow, query))
        session.give({"count": number}, lambda: click.echo(number))
        return
    found = session.read(lambda uow: read_list(uow, query, limit, as_json=session.options.as_json))
    _give(session, found)


def _give(session: Session, found: ListResult) -> None:
    session.give({"items": found.items, "next": found.next}, lambda: print_entities(found))
    if found.next and not session.options.as_json:
        say(f"There is more. Continue with: --after {found.next}")


@entity.command("show", examples=["xrm entity show 019a9c3e-0000-7000-8000-000000000001 --json"])
@click.argument("entity_id", metavar="ID", type=ID)
@with_session
def show(session: Session, *, entity_id: uuid.UUID) -> None:
    """Show a party, record or role with all its fields."""

    def describe(uow: UnitOfWork) -> tuple[dict[str, Any], dict[str, str]]:
        facet = get_role(uow, entity_id)
        if facet is not None:
            return role_as_json(uow, facet), fields_as_words(uow, uow.registry.get(facet.type), facet.fields)
        found = get_entity(uow, entity_id)
        return entity_as_json(uow, found), fields_as_words(uow, uow.registry.get(found.type), found.fields)

    described, words = session.read(describe)
    frame = {key: described.get(key) for key in ("id", "type", "title", "since", "until", "department_name", "version")}
    session.give(described, lambda: print_pairs({**frame, **words}.items()))


@entity.command(
    "create",
    examples=[
        "xrm entity create organization --set name='Folk och fä HB' --set country=SE --department Sales --json",
        "xrm entity create customer --party ID --set number=C-1 --since 2026-01-01",
        "xrm entity create person --set first_name=Marie --set last_name=Dupont --set interests=golf --set interests=chess",
    ],
)
@click.argument("type_name", metavar="TYPE")
@values_option()
@department_option()
@click.option("--party", type=ID, metavar="ID", help="Roles: the party that takes the role.")
@click.option("--since", type=DAY, help="Roles: first day (default: open).")
@click.option("--until", type=DAY, help="Roles: first day on which it no longer holds.")
@click.option("--identifier", "identifiers", metavar="SYSTEM=KEY", multiple=True, help="How another system calls it; repeat it.")
@with_session
def create(
    session: Session, *, type_name: str, pairs: list[tuple[str, str]], department: str, party: uuid.UUID | None,
    since: date | None, until: date | None, identifiers: tuple[str, ...],
) -> None:
    """Create a party or record; for a role type, start the role on --party."""
    known_as = dict(text.partition("=")[::2] for text in identifiers)
    role_options = {"--party": party, "--since": since, "--until": until}

    def make(uow: UnitOfWork) -> uuid.UUID:
        declared = uow.registry.get(type_name)
        values = values_of(uow, declared, pairs)
        if declared.kind != "role":
            _refuse_options(type_name, "is no role", role_options)
            home = choose_department(uow, department, f"{type_name}:create")
            return create_entity(uow, type_name, values, department=home, identifiers=known_as)
        _refuse_options(type_name, "is a role", {"--identifier": known_as})
        if party is None:
            raise click.UsageError(f"{type_name} is a role: say which party takes it by --party ID (xrm search TEXT finds it).")
        home = choose_department(uow, department, f"{type_name}:create")
        return start_role(uow, party, type_name, values, department=home, since=since, until=until)

    one = session.write(make)
    session.give({"id": str(one), "type": type_name}, lambda: click.echo(one))


def _refuse_options(type_name: str, because: str, given: dict[str, Any]) -> None:
    wrong = [name for name, value in given.items() if value]
    if wrong:
        raise click.UsageError(f"{type_name} {because}: {', '.join(wrong)} does not go with it.")


@entity.command(
    "update", examples=["xrm entity update ID --set city=Lyon --set interests=golf", "xrm entity update ID --set website="]
)
@click.argument("entity_id", metavar="ID", type=ID)
@values_option()
@click.option("--version", type=int, help="Refuse when it was changed since this version.")
@with_session
def update(session: Session, *, entity_id: uuid.UUID, pairs: list[tuple[str, str]], version: int | None) -> None:
    """Change fields of a party, record or role; fields not named stay as they are."""
    if not pairs:
        raise click.UsageError("Nothing to change: give --set FIELD=VALUE.")

    def change(uow: UnitOfWork) -> tuple[str, int]:
        facet = get_role(uow, entity_id)
        declared = uow.registry.get(facet.type if facet else get_entity(uow, entity_id).type)
        change_values = update_role if facet else update_entity
        return declared.name, change_values(uow, entity_id, values_of(uow, declared, pairs), version=version)

    name, new_version = session.write(change)
    session.give({"id": str(entity_id), "type": name, "version": new_version}, lambda: click.echo(entity_id))


@entity.command("delete", examples=["xrm entity delete ID"])
@click.argument("entity_id", metavar="ID", type=ID)
@with_session
def delete(session: Session, *, entity_id: uuid.UUID) -> None:
    """Move a party, record or role to the recycle bin; xrm entity restore takes it back."""
    session.write(lambda uow: delete_role(uow, entity_id) if get_role(uow, entity_id) else delete_entity(uow, entity_id))
    told = f"Deleted. Take it back with: xrm entity restore {entity_id}"
    session.give({"id": str(entity_id), "deleted": True}, lambda: say(told))


@entity.command("restore", examples=["xrm entity restore ID"])
@click.argument("entity_id", metavar="ID", type=ID)
@with_session
def restore(session: Session, *, entity_id: uuid.UUID) -> None:
    """Take a party, record or role back from the recycle bin."""

    def take_back(uow: UnitOfWork) -> None:
        try:
            restore_entity(uow, entity_id)
        except NotFound:
            restore_role(uow, entity_id)

    session.write(take_back)
    session.give({"id": str(entity_id), "deleted": False}, lambda: say("Restored."))
