# SPDX-License-Identifier: Apache-2.0
"""``xrm department``: the units for which rights are granted."""

from __future__ import annotations

import uuid
from typing import Any

import click

from xrm.departments.queries import get_tree
from xrm.departments.service import create_department
from xrm.unit_of_work import UnitOfWork
from xrm_cli.declaring import Noun
from xrm_cli.output import print_table
from xrm_cli.session import Session, with_session


@click.group(cls=Noun)
def department() -> None:
    """Departments: list, create."""


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
