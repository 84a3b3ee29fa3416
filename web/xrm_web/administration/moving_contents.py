# SPDX-License-Identifier: Apache-2.0
"""Giving what stands in a department to another: what and where to, then what it would do, then doing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from xrm.access.previewing import Preview
from xrm.departments.queries import get_tree
from xrm.errors import Conflict, InvalidInput, PermissionDenied, Problem, XrmError, msg
from xrm.relocation.kinds import Kind, kinds_in
from xrm.relocation.planning import MovePlan, plan_move
from xrm.relocation.service import Moved, move_contents
from xrm.schema.registry import Registry
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.administration.answering import department_input, problems_of, uuid_or_none
from xrm_web.administration.departments import administered, find_administered
from xrm_web.administration.previews import preview_rows
from xrm_web.administration.words import permission_name, table_names
from xrm_web.i18n import format_number, gettext, text_of
from xrm_web.navigation import sentence
from xrm_web.security import signed_in

blueprint = Blueprint("admin_moving", __name__, url_prefix="/admin/departments/<uuid:department_id>/move-contents")


@dataclass(frozen=True)
class KindLine:
    """One kind of rows: what it is called, how many, whether it is chosen, and what keeps it from going."""

    key: str
    name: str
    count: str
    is_chosen: bool
    obstacle: str


@blueprint.get("")
@signed_in
def show(department_id: UUID) -> ResponseReturnValue:
    """What stands in it; with a target and kinds in the address, what it would do to move them."""
    return _page(department_id)


@blueprint.post("")
@signed_in
def move(department_id: UUID) -> ResponseReturnValue:
    """Move it, at once or by a job."""
    target, types = uuid_or_none(request.form.get("to")), request.form.getlist("type")
    if target is None:
        return _page(department_id, InvalidInput([Problem("to", msg("Choose the department that gets it."))]))

    def give(uow: UnitOfWork) -> tuple[Moved, str]:
        find_administered(uow, department_id)
        return move_contents(uow, department_id, target, types), get_tree(uow).by_id[target].name

    try:
        moved, name = sessions.write(give)
    except (InvalidInput, Conflict, PermissionDenied) as error:
        return _page(department_id, error)
    if moved.job is None:
        flash(gettext("Moved to %(name)s: %(count)s", name=name, count=format_number(moved.count)))
    else:
        flash(gettext("A job moves %(count)s rows to %(name)s. This page shows what is left.", name=name,
                      count=format_number(moved.count)))
    return redirect(url_for("admin_moving.show", department_id=department_id), 303)


def _page(department_id: UUID, error: XrmError | None = None) -> ResponseReturnValue:
    target = uuid_or_none(request.values.get("to"))
    chosen = request.values.getlist("type") if target or "type" in request.values else None

    def find(uow: UnitOfWork) -> dict[str, Any]:
        one = find_administered(uow, department_id)
        present = kinds_in(uow, department_id, target)
        names = [kind.name for kind in present if chosen is None or kind.name in chosen]
        choices = [each for each in administered(uow) if each.id != department_id]
        found: dict[str, Any] = {
            "department": one, "chosen": names, "target": get_tree(uow).by_id.get(target) if target else None,
            "kinds": [_line(uow.registry, kind, is_chosen=kind.name in names) for kind in present],
            "to": department_input(choices, str(target or ""), name="to", label=gettext("Goes to"), required=True),
        }
        if target is not None and names and target in {each.id for each in choices}:
            plan = plan_move(uow, department_id, target, names)
            found["plan"], found["rows"] = plan, preview_rows(uow, Preview((), (), plan.people, plan.others))
            found["problems"] = _obstacles(uow.registry, plan)
        return found

    found = sessions.read(find)
    problems = [*found.pop("problems", []), *(problems_of(error) if error else [])]
    return render_template("admin/department_move.html", **found, problems=problems), _status(error)


def _status(error: XrmError | None) -> int:
    if error is None:
        return 200
    return 409 if isinstance(error, Conflict) else 403 if isinstance(error, PermissionDenied) else 422


def _line(registry: Registry, kind: Kind, *, is_chosen: bool) -> KindLine:
    obstacle = ""
    if kind.obstacle == "unknown":
        obstacle = gettext("Its plugin is off or not installed")
    elif kind.obstacle:
        obstacle = gettext("Takes this right in both departments: %(right)s", right=permission_name(registry, kind.obstacle))
    return KindLine(kind.name, _name(registry, kind.name), format_number(kind.count), is_chosen, obstacle)


def _name(registry: Registry, name: str) -> str:
    declared = registry.entity_types.get(name)
    return sentence(text_of(declared.label.many)) if declared is not None else table_names().get(name, name)


def _obstacles(registry: Registry, plan: MovePlan) -> list[tuple[str, str]]:
    return [
        ("", gettext("%(name)s: %(count)s have a value that must be unique in a department and is taken there. Change it first.",
                     name=_name(registry, one.type), count=format_number(one.count)))
        for one in plan.taken
    ]
