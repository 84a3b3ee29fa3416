# SPDX-License-Identifier: Apache-2.0
"""What the forms of the administration share: problems beside what was typed, choices of departments, sets and depths."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from flask import abort, flash, redirect
from werkzeug.wrappers import Response

from xrm.access.policy import scope
from xrm.access.users import PermissionSet
from xrm.departments.queries import Department, get_tree
from xrm.errors import InvalidInput, XrmError
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.i18n import gettext, text_of, translate
from xrm_web.inputs import FieldInput, Option

INDENT = "\u2003"


def administered(uow: UnitOfWork) -> list[Department]:
    """The departments in which the reader administers people, in the order of the tree."""
    where = scope(uow, "user", "administer")
    return [one for one in get_tree(uow).by_id.values() if where.covers(one.id)]


def is_everywhere(uow: UnitOfWork) -> bool:
    """Whether the reader administers people in all departments."""
    return scope(uow, "user", "administer").is_everywhere


def change_and_return(change: Callable[[UnitOfWork], object], said: str, target: str) -> Response:
    """Make a change, and go on to ``target``, which then says so."""
    sessions.write(change)
    flash(said)
    return redirect(target, 303)


def problems_of(error: XrmError) -> list[tuple[str, str]]:
    """Pairs of the id of an input and what is wrong with it, for the summary above a form."""
    if isinstance(error, InvalidInput):
        return [(f"f-{one.path}" if one.path else "", translate(one.message)) for one in error.problems]
    return [("", translate(error.message))]


def uuid_or_none(text: str | None) -> UUID | None:
    """The id, or None for an empty text; anything else is no address of ours."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        abort(404)


def department_input(
    departments: Iterable[Department], value: str, *, name: str = "department", label: str = "", nowhere: str = "",
    required: bool = False,
) -> FieldInput:
    """A choice of departments, indented like the tree; ``nowhere`` is what an empty choice means."""
    choices = tuple(Option(str(one.id), INDENT * one.depth + one.name) for one in departments)
    return FieldInput(
        name=name, kind="select", label=label or gettext("Department"), value=value, choices=choices, placeholder=nowhere,
        required=required,
    )


def set_input(sets: Iterable[PermissionSet], value: str, *, required: bool = False, nothing: str = "") -> FieldInput:
    """A choice of permission sets; ``nothing`` is what an empty choice means."""
    choices = tuple(Option(one.key, text_of(one.label)) for one in sets)
    return FieldInput(
        name="set", kind="select", label=gettext("Permission set"), value=value, choices=choices, required=required,
        placeholder=gettext("Choose a permission set") if required else nothing or gettext("Any or none"),
    )


def depth_names() -> dict[str, str]:
    """How deep a grant reaches, in words."""
    return {
        "own": gettext("What they own there"), "department": gettext("The department"),
        "below": gettext("The department and all below"), "all": gettext("All departments"),
    }


def depth_input(value: str, *, everywhere: bool) -> FieldInput:
    """A choice of how deep a grant reaches; all departments only for those who may give that."""
    choices = tuple(Option(key, name) for key, name in depth_names().items() if everywhere or key != "all")
    return FieldInput(
        name="depth", kind="select", label=gettext("Reaches"), value=value or "department", choices=choices, required=True,
    )
