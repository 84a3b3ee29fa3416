# SPDX-License-Identifier: Apache-2.0
"""``xrm schema json-schema``: the grammar of declaration files, for editors."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from xrm.schema.json_schema import (
    entity_file_schema,
    interactions_file_schema,
    manifest_file_schema,
    relationships_file_schema,
)
from xrm_cli.declaring import Command

FILES: dict[str, Callable[[], dict[str, Any]]] = {
    "entity": entity_file_schema,
    "relationships": relationships_file_schema,
    "interactions": interactions_file_schema,
    "manifest": manifest_file_schema,
}


@click.command("json-schema", cls=Command, examples=["xrm schema json-schema entity > entity.schema.json"])
@click.argument("file", type=click.Choice(list(FILES)), default="entity")
def json_schema_command(file: str) -> None:
    """Print the JSON Schema of a kind of declaration file, with which editors complete and check."""
    click.echo(json.dumps(FILES[file](), ensure_ascii=False, indent=2))
