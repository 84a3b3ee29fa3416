# SPDX-License-Identifier: Apache-2.0
"""``xrm field``: fields that administrators add to types, without a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from xrm.overlay.comparison import Listed, list_fields
from xrm.overlay.fields import add_field, rename_field, retire_field
from xrm_cli.declaring import Noun
from xrm_cli.field_options import declaration_from
from xrm_cli.output import print_table, say
from xrm_cli.session import Session, with_session


@click.group(cls=Noun)
def field() -> None:
    """Your own fields: add, rename, retire, list."""


@field.command("add", examples=[
    "xrm field add customer tier --type choice --choices gold:Gold:Or,silver:Silver:Argent --label-en Tier --label-fr Niveau",
    "xrm field add organization fleet --type integer --label-en 'Fleet size' --label-fr 'Taille du parc' --min 0",
    "xrm field add customer tier --file tier.yaml   # the same keys as a field in an entity file",
])
@click.argument("type_name", metavar="TYPE")
@click.argument("key")
@click.option("--type", "field_type", metavar="TYPE", help="Field type: text, integer, choice, date, link …")
@click.option("--label-en", help="What it is called in English (default: made of the key).")
@click.option("--label-fr", help="What it is called in French (default: as in English).")
@click.option("--help-en", help="One sentence under the input, in English.")
@click.option("--help-fr", help="The same in French.")
@click.option("--choices", metavar="KEY[:EN[:FR]],…", help="Values of a choice, with their texts in both languages.")
@click.option("--to", metavar="TYPE,…", help="Types that a link may lead to.")
@click.option("--if-gone", type=click.Choice(["clear", "remove", "refuse"]), help="When a link's target is deleted.")
@click.option("--required", is_flag=True, help="Must be filled.")
@click.option("--unique", is_flag=True, help="No two have the same value.")
@click.option("--many", is_flag=True, help="Several values.")
@click.option("--index", is_flag=True, help="Filtered or sorted often.")
@click.option("--search", type=click.Choice(["strong", "normal", "weak"]), help="Found by the search, with this weight.")
@click.option("--default", help="Value of new ones; text that begins with = is an expression.")
@click.option("--min", help="Lowest value.")
@click.option("--max", help="Highest value.")
@click.option("--length", type=int, help="Most characters.")
@click.option("--scale", type=int, help="Digits after the decimal point.")
@click.option("--file", type=click.Path(path_type=Path), help="YAML file with the field; options win over it.")
@with_session
def add(session: Session, /, *, type_name: str, key: str, file: Path | None, **options: Any) -> None:
    """Add a field to a type; its key gets the prefix x_. A retired one of that key comes back with its values."""
    declaration = declaration_from(key, file, options)
    added = add_field(session.runtime, session.actor, type_name, key, declaration)
    session.give({"type": type_name, "key": added}, lambda: click.echo(added))
    say(f"{type_name} has the field {added}. Programs that run show it within a second.")


@field.command("rename", examples=["xrm field rename customer x_tier x_level --label-en Level --label-fr Niveau"])
@click.argument("type_name", metavar="TYPE")
@click.argument("old")
@click.argument("new")
@click.option("--label-en", help="What it is called in English from now on.")
@click.option("--label-fr", help="What it is called in French from now on.")
@with_session
def rename(
    session: Session, *, type_name: str, old: str, new: str, label_en: str | None, label_fr: str | None
) -> None:
    """Let a field go on under another key, with all its values."""
    label = {language: text for language, text in (("en", label_en), ("fr", label_fr)) if text}
    key = rename_field(session.runtime, session.actor, type_name, old, new, label=label)
    session.give({"type": type_name, "key": key}, lambda: click.echo(key))


@field.command("retire", examples=["xrm field retire customer x_tier"])
@click.argument("type_name", metavar="TYPE")
@click.argument("key")
@with_session
def retire(session: Session, *, type_name: str, key: str) -> None:
    """Hide a field and keep its values; xrm field add of the same key brings it back."""
    retired = retire_field(session.runtime, session.actor, type_name, key)
    session.give({"type": type_name, "key": retired}, lambda: click.echo(retired))


@field.command("list", examples=["xrm field list customer", "xrm field list --json"])
@click.argument("type_name", metavar="TYPE", default="")
@click.option("--all", "with_retired", is_flag=True, help="Also those that are retired.")
@with_session
def list_command(session: Session, *, type_name: str, with_retired: bool) -> None:
    """List fields with their origin: a plugin, or here. Without TYPE, only those added here.

    Where the plugin changed the type since, what it declared then and declares now is shown beside what was added.
    """
    items = list_fields(session.runtime, session.actor, type_name, with_retired=with_retired)
    session.give({"items": [one.as_json() for one in items], "next": None}, lambda: _print(items))


def _print(items: list[Listed]) -> None:
    columns = ("type", "key", "field_type", "label", "origin", "state")
    print_table([one.as_json() for one in items], columns)
    for one in items:
        for change in one.changes:
            say(f"{one.type}.{one.key}: the plugin changed {change.path}: then {change.then}, now {change.now}")
