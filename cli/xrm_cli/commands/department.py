# SPDX-License-Identifier: Apache-2.0
"""``xrm department``: the units for which rights are granted."""

from __future__ import annotations

import uuid
from typing import Any

import click

from xrm.departments.moving import delete_department, move_department
from xrm.departments.queries import get_tree
from xrm.departments.service import create_department, rename_department
from xrm.relocation.planning import MovePlan, plan_move
from xrm.relocation.service import move_contents
from xrm.unit_of_work import UnitOfWork
from xrm_cli.declaring import Noun
from xrm_cli.output import print_table, say
from xrm_cli.session import Session, with_session


@click.group(cls=Noun)
def department() -> None:
    """Departments: list, create, rename, move, give what stands in one to another, delete."""


@department.command("list", examples=["xrm department list", "xrm department list --json"])
@with_session
def list_command(session: Session) -> None:
    """List all departments as a tree."""
    items: list[dict[str, Any]] = [
        {"id": str(one.id), "name": one.name, "parent": str(one.parent_id) if one.parent_id else None, "depth": one.depth}
        for one in session.read(get_tree).by_id.values()
    ]
    rows = [{"name": "  " * item["depth"] + item["name"], "id": item["id"]} for item in items]
    session.give({"items": items, "next": None}, lambda: print_table(rows, ("name", "id")))


@department.command(
    "create", examples=["xrm department create Sales", "xrm department create 'Sales North' --parent Sales --json"]
)
@click.argument("name")
@click.option("--parent", metavar="NAME", help="Department above it, by name or id.")
@with_session
def create(session: Session, *, name: str, parent: str | None) -> None:
    """Create a department, at the top or below another."""

    def make(uow: UnitOfWork) -> uuid.UUID:
        return create_department(uow, name, parent=get_tree(uow).find(parent).id if parent else None)

    one = session.write(make)
    session.give({"id": str(one), "name": name}, lambda: click.echo(one))


@department.command("rename", examples=["xrm department rename Sales 'Sales France'"])
@click.argument("department", metavar="NAME")
@click.argument("name", metavar="NEW")
@with_session
def rename(session: Session, *, department: str, name: str) -> None:
    """Give a department another name."""
    session.write(lambda uow: rename_department(uow, get_tree(uow).find(department).id, name))
    session.give({"name": name}, lambda: say(f"It is called {name} now."))


@department.command(
    "move", examples=["xrm department move 'Sales North' --parent Press", "xrm department move 'Sales North' --top"]
)
@click.argument("department", metavar="NAME")
@click.option("--parent", metavar="NAME", help="Department to stand below, by name or id.")
@click.option("--top", is_flag=True, help="Let it stand at the top.")
@with_session
def move(session: Session, *, department: str, parent: str | None, top: bool) -> None:
    """Put a department, with all below it, below another one: rights given there and below reach it from then on."""
    if top == (parent is not None):
        raise click.UsageError("Say where it goes: --parent NAME, or --top.")

    def change(uow: UnitOfWork) -> None:
        tree = get_tree(uow)
        move_department(uow, tree.find(department).id, tree.find(parent).id if parent else None)

    session.write(change)
    session.give({"name": department, "parent": parent}, lambda: say("Moved."))


@department.command("move-contents", examples=[
    "xrm department move-contents 'Sales North' --to Sales --preview",
    "xrm department move-contents 'Sales North' --to Sales",
    "xrm department move-contents 'Sales North' --to Sales --type organization --type customer --json",
])
@click.argument("department", metavar="NAME")
@click.option("--to", "target", required=True, metavar="NAME", help="Department that gets it, by name or id.")
@click.option("--type", "types", multiple=True, metavar="TYPE", help="Only this type, or table such as interaction.")
@click.option("--preview", "is_preview", is_flag=True, help="Only say what would move, and who would see more or less.")
@with_session
def move_contents_command(session: Session, *, department: str, target: str, types: tuple[str, ...], is_preview: bool) -> None:
    """Give all that stands in a department to another one: records, roles and what belongs to them; much of it by a job."""

    def ends(uow: UnitOfWork) -> tuple[uuid.UUID, uuid.UUID]:
        tree = get_tree(uow)
        return tree.find(department).id, tree.find(target).id

    if is_preview:
        plan = session.read(lambda uow: plan_move(uow, *ends(uow), types or None))
        session.give(_plan_as_json(plan), lambda: _print_plan(plan))
        return
    moved = session.write(lambda uow: move_contents(uow, *ends(uow), types or None))
    told = f"A job moves {moved.count} rows: xrm job show {moved.job}" if moved.job else f"Moved: {moved.count}."
    given = {"moved": 0 if moved.job else moved.count, "count": moved.count, "job": str(moved.job) if moved.job else None}
    session.give(given, lambda: say(told))


def _plan_as_json(plan: MovePlan) -> dict[str, Any]:
    return {
        "possible": plan.is_possible, "count": plan.count,
        "kinds": [
            {"name": one.name, "group": one.group, "count": one.count, "obstacle": one.obstacle or None} for one in plan.kinds
        ],
        "taken": [{"type": one.type, "count": one.count} for one in plan.taken], "others": plan.others,
        "people": [
            {"email": one.user.email, "rows": [
                {"type": rows.type.name, "before": rows.before, "after": rows.after} for rows in one.rows
            ]}
            for one in plan.people
        ],
    }


def _print_plan(plan: MovePlan) -> None:
    kinds = [{"what": one.name, "count": one.count, "cannot move": one.obstacle or "–"} for one in plan.kinds]
    print_table(kinds, ("what", "count", "cannot move"))
    rows = [
        {"who": one.user.email, "type": rows.type.name, "sees now": rows.before, "would see": rows.after}
        for one in plan.people for rows in one.rows
    ]
    if rows:
        print_table(rows, ("who", "type", "sees now", "would see"))
    for one in plan.taken:
        say(f"{one.count} of {one.type} have a value that has to be unique and is taken there.")


@department.command("delete", examples=["xrm department delete 'Sales North'"])
@click.argument("department", metavar="NAME")
@with_session
def delete(session: Session, *, department: str) -> None:
    """Delete a department in which nothing stands; memberships and rights in it end."""
    session.write(lambda uow: delete_department(uow, get_tree(uow).find(department).id))
    session.give({"name": department, "deleted": True}, lambda: say("Deleted."))
