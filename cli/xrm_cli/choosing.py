# SPDX-License-Identifier: Apache-2.0
"""What options mean: a department by name, values by field, a day, an id."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, TypeVar

import click

from xrm.access.policy import allowed
from xrm.access.users import departments_of_user
from xrm.departments.queries import get_tree, unclear
from xrm.entities.listing import Filter, ListQuery
from xrm.entities.queries import list_entities
from xrm.errors import InvalidInput, Problem, msg
from xrm.schema.model import Field
from xrm.schema.registry import Fielded
from xrm.unit_of_work import UnitOfWork

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Day(click.ParamType[date]):
    """A day such as 2026-11-22, or ``today``."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day meant."""
        if isinstance(value, date):
            return value
        try:
            return date.today() if value == "today" else date.fromisoformat(value)  # noqa: DTZ011  # the day of who types it
        except ValueError:
            self.fail(f"{value!r} is no day. Write it as 2026-11-22.", param, ctx)


ID = click.UUID
DAY = Day()


def department_option(
    text: str = "Department, by name or id (default: the only one, or your first one).",
) -> Callable[[Decorated], Decorated]:
    """The option ``--department``."""
    return click.option("--department", metavar="NAME", default="", help=text)


def choose_department(uow: UnitOfWork, name: str, action: str = "") -> uuid.UUID:
    """The department named, else the only one, else the first one the actor belongs to.

    When it is not clear, the error lists those in which the actor may do ``action`` (``subject:verb``).

    Raises:
        NotFound: when there is none of this name.
        InvalidInput: when none is named and there is no saying which is meant.
    """
    tree = get_tree(uow)
    if name:
        return tree.find(name).id
    if len(tree.by_id) == 1:
        return next(iter(tree.by_id))
    mine = departments_of_user(uow) if uow.actor.kind == "user" else []
    if mine:
        return mine[0]
    if not tree.by_id:
        raise InvalidInput([Problem("--department", msg("There is none yet. Make one with: xrm department create NAME"))])
    open_to = [one for one in tree.by_id.values() if not action or allowed(uow, action, one.id)]
    raise unclear(open_to or tree.by_id.values())


def find_department(uow: UnitOfWork, name: str) -> uuid.UUID | None:
    """The department named; None when none is.

    Raises:
        NotFound: when there is none of this name.
    """
    return get_tree(uow).find(name).id if name else None


def department_name(uow: UnitOfWork, department_id: uuid.UUID | None) -> str:
    """The name of a department; empty for None."""
    found = get_tree(uow).by_id.get(department_id) if department_id else None
    return found.name if found else ""


def values_option() -> Callable[[Decorated], Decorated]:
    """The option ``--set field=value``, to be repeated."""
    text = ("Value of a field; repeat it for further fields and for further values of one field. An empty value empties the "
            "field. A link takes an id or a title.")
    return click.option("--set", "pairs", metavar="FIELD=VALUE", multiple=True, callback=split_pairs, help=text)


def split_pairs(_context: click.Context, _parameter: click.Parameter, given: Iterable[str]) -> list[tuple[str, str]]:
    """Texts of the form ``name=value`` as pairs.

    Raises:
        click.BadParameter: for a text of another form.
    """
    pairs = []
    for text in given:
        key, separator, value = text.partition("=")
        if not separator or not key.strip():
            raise click.BadParameter(f"{text!r} is not of the form field=value, such as name=Example.")
        pairs.append((key.strip(), value))
    return pairs


def values_of(uow: UnitOfWork, declared: Fielded, pairs: Iterable[tuple[str, str]]) -> dict[str, object]:
    """Field → raw value; a field given several times has a list, which only fields with several values take.

    What a link leads to may be given by its id, or by its title if no other has the same.

    Raises:
        InvalidInput: when another field is given twice, or a title is not there or not the only one.
    """
    found: dict[str, list[str]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    problems = [
        Problem(key, msg("It takes one value and was given {count}. Give one.", count=len(values)))
        for key, values in found.items()
        if len(values) > 1 and key in declared.fields and not declared.field_type(key).is_multiple(declared.fields[key])
    ]
    for key, values in found.items():
        field = declared.fields.get(key)
        if field is not None and field.type in {"link", "links"}:
            try:
                found[key] = [_linked(uow, field, text) for text in values]
            except InvalidInput as error:
                problems += error.problems
    if problems:
        raise InvalidInput(problems)
    return {key: values if len(values) > 1 else values[0] for key, values in found.items()}


def _linked(uow: UnitOfWork, field: Field, text: str) -> str:
    """The id given, or that of the one entity with this title."""
    if not text.strip() or _is_id(text):
        return text
    named = (Filter("title", "eq", text.strip()),)
    found = [
        item.id
        for name in uow.registry.types_for(field.to) if allowed(uow, f"{name}:read")
        for item in list_entities(uow, ListQuery(name, columns=(), filters=named, limit=2)).items
    ]
    if len(found) == 1:
        return str(found[0])
    if found:
        said = msg("Several are called {title}. Give the id of the one you mean; xrm search finds it.", title=text)
    else:
        said = msg("Nothing that this field leads to is called {title}. Give its whole title or its id; xrm search finds it.",
                   title=text)
    raise InvalidInput([Problem(field.key, said)])


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text.strip())
    except ValueError:
        return False
    return True
