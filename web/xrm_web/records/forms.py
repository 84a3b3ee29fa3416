# SPDX-License-Identifier: Apache-2.0
"""Small forms of the record side: a few inputs on a page of their own, sent back with what was typed when something is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from xrm.access.policy import allowed
from xrm.access.users import departments_of_user
from xrm.departments.queries import get_tree
from xrm.errors import InvalidInput, Problem, msg
from xrm.unit_of_work import UnitOfWork
from xrm_web.i18n import gettext, labelled, translate, typography
from xrm_web.inputs import FieldInput, Option
from xrm_web.navigation import current_department

Problems = Sequence[tuple[str, str]]
Errors = dict[str, tuple[str, ...]]  # what is wrong, by the name of the input


class Place(NamedTuple):
    """The entity whose page a form belongs to, as its address names it."""

    plugin: str
    entity: str
    entity_id: UUID

    @property
    def path(self) -> str:
        """The address of its page."""
        return f"/{self.plugin}/{self.entity}/{self.entity_id}"


@dataclass(frozen=True)
class SmallForm:
    """A form of one or several titled groups of inputs; ``hidden`` goes along; ``problems`` and ``already`` stand on top."""

    title: str
    action: str
    save: str
    back: str
    crumbs: tuple[tuple[str, str], ...] = ()
    lead: str = ""
    hidden: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[tuple[str, tuple[FieldInput, ...]], ...] = ()
    problems: Problems = ()
    choice: tuple[str, str, tuple[Option, ...]] | None = None
    already: tuple[str, str] | None = None

    def with_inputs(self, inputs: Iterable[FieldInput], problems: Problems = ()) -> SmallForm:
        """The form with these inputs in one group."""
        return replace(self, groups=(("", tuple(inputs)),), problems=problems)

    def with_groups(self, groups: Sequence[tuple[str, tuple[FieldInput, ...]]], hidden: Mapping[str, str]) -> SmallForm:
        """The form with these titled groups, and what goes along unseen."""
        return replace(self, groups=tuple(groups), hidden=hidden)

    def with_problems(self, problems: Problems) -> SmallForm:
        """The form with what is wrong on top."""
        return replace(self, problems=problems)

    def with_choices(self, name: str, label: str, options: tuple[Option, ...]) -> SmallForm:
        """The form as a first step: one choice, asked by GET, that leads to the next."""
        return replace(self, choice=(name, label, options))


def show_form(form: SmallForm) -> ResponseReturnValue:
    """The page of a form: 422 when something is wrong, so that htmx and people both know."""
    return render_template("records/form.html", form=form), 422 if form.problems else 200


def messages_by_field(error: InvalidInput) -> dict[str, tuple[str, ...]]:
    """Field → what is wrong with it, in the reader's language."""
    found: dict[str, tuple[str, ...]] = {}
    for problem in error.problems:
        found[problem.path] = (*found.get(problem.path, ()), translate(problem.message))
    return found


def summary_of(error: InvalidInput, inputs: Iterable[FieldInput]) -> Problems:
    """What stands on top of the form, each with the input it leads to."""
    known = {item.name: item for item in inputs}
    return [_line(problem, known) for problem in error.problems]


def _line(problem: Problem, known: Mapping[str, FieldInput]) -> tuple[str, str]:
    text = translate(problem.message)
    item = known.get(problem.path)
    return (item.id, labelled(item.label, typography(text))) if item else ("", text)


def read_date(name: str) -> date | None:
    """A day from the form, or None when it is empty.

    Raises:
        InvalidInput: when it is no day.
    """
    text = request.form.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput([Problem(name, msg("This is no day. Write it like 2026-01-31."))]) from error


def read_uuid(text: str) -> UUID | None:
    """An id from the form, or None for anything else."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def date_input(name: str, label: str, value: date | str | None, *, help_text: str = "", errors: Sequence[str] = (),
               required: bool = False) -> FieldInput:
    """A day as an input, with what was typed when the form comes back."""
    text = value.isoformat() if isinstance(value, date) else value or ""
    return FieldInput(name=name, kind="date", label=label, value=text, help=help_text, errors=tuple(errors), required=required)


def department_options(uow: UnitOfWork, action: str) -> tuple[Option, ...]:
    """The departments where the actor may do this, as choices in the order of the tree."""
    tree = get_tree(uow).by_id.values()
    return tuple(Option(str(one.id), "\u2003" * one.depth + one.name) for one in tree if allowed(uow, action, one.id))


def department_input(
    uow: UnitOfWork, action: str, *, shared: bool = False, value: str = "", errors: Sequence[str] = (), home: UUID | None = None
) -> FieldInput:
    """The department that something is noted in; ``shared`` lets it belong to all who see the party."""
    options = department_options(uow, action)
    chosen = value or ("" if shared else default_department(uow, options, home))
    return FieldInput(
        name="department", kind="select", label=gettext("Department"), value=chosen, choices=options, required=not shared,
        placeholder=gettext("Shared by all departments") if shared else "", errors=tuple(errors),
    )  # fmt: skip


def default_department(uow: UnitOfWork, options: Sequence[Option], home: UUID | None = None) -> str:
    """The department the reader works in, else ``home``, else the first of their own, else the first that is possible."""
    possible = [option.value for option in options]
    current = current_department()
    wishes = [str(one) for one in (current.id if current else None, home) if one]
    if len(possible) > 1 and not any(one in possible for one in wishes):
        wishes += [str(one) for one in departments_of_user(uow)]
    return next((one for one in wishes if one in possible), possible[0] if possible else "")
