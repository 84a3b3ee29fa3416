# SPDX-License-Identifier: Apache-2.0
"""``xrm schema`` (and ``xrm migrate``): tables as they are against tables as they are declared."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from xrm.migrate.apply import pending
from xrm.migrate.planner import Step
from xrm.migrate.service import apply_changes
from xrm.runtime import Runtime
from xrm.schema.json_schema import (
    entity_file_schema,
    interactions_file_schema,
    manifest_file_schema,
    relationships_file_schema,
)
from xrm_cli.declaring import Command, Noun
from xrm_cli.output import print_table, say
from xrm_cli.session import Session, with_session

FILES: dict[str, Callable[[], dict[str, Any]]] = {
    "entity": entity_file_schema,
    "relationships": relationships_file_schema,
    "interactions": interactions_file_schema,
    "manifest": manifest_file_schema,
}


@click.group(cls=Noun)
def schema() -> None:
    """Tables: what waits, and creating what is missing."""


def apply_schema(runtime: Runtime, *, quiet: bool = False) -> list[Step]:
    """Create what is missing and return the steps done, telling of each on stderr unless ``quiet``."""
    return apply_changes(runtime.engine, runtime.registry, told=None if quiet else _tell)


def _tell(step: Step) -> None:
    say(f"{step.owner}: {step.action} {step.target}")


def _as_json(step: Step) -> dict[str, str]:
    return {"owner": step.owner, "action": step.action, "target": step.target}


def _apply(session: Session) -> None:
    session.refuse_as()
    steps = apply_schema(session.runtime, quiet=session.options.as_json)
    say(f"Done: {len(steps)} steps." if steps else "Nothing to do: the tables are as declared.")
    session.give({"steps": [_as_json(step) for step in steps], "count": len(steps)}, lambda: None)


@schema.command("apply", examples=["xrm schema apply", "xrm schema apply --json"])
@with_session
def apply_command(session: Session) -> None:
    """Create tables, columns and indexes that are missing; all of them or none."""
    _apply(session)


@click.command("migrate", cls=Command, examples=["xrm migrate"])
@with_session
def migrate(session: Session) -> None:
    """The same as: xrm schema apply."""
    _apply(session)


@schema.command("status", examples=["xrm schema status", "xrm schema status --json"])
@with_session
def status(session: Session) -> None:
    """List the steps that wait; nothing is changed. Exit code 10 when there are any."""
    session.refuse_as()
    steps = [_as_json(step) for step in pending(session.runtime.engine, session.runtime.registry.metadata)]
    session.give({"steps": steps, "count": len(steps)}, lambda: print_table(steps, ("owner", "action", "target")))
    say(f"{len(steps)} steps wait. Run: xrm schema apply" if steps else "The tables are as declared.")
    click.get_current_context().exit(10 if steps else 0)


@schema.command("json-schema", examples=["xrm schema json-schema entity > entity.schema.json"])
@click.argument("file", type=click.Choice(list(FILES)), default="entity")
def json_schema(file: str) -> None:
    """Print the JSON Schema of a kind of declaration file, with which editors complete and check."""
    click.echo(json.dumps(FILES[file](), ensure_ascii=False, indent=2))
