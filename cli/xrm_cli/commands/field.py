# SPDX-License-Identifier: Apache-2.0
"""``xrm field``: fields that administrators add to types, without a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from xrm.overlay.accepting import accept_changes
from xrm.overlay.comparison import Listed, list_fields
from xrm.overlay.fields import add_field, change_field, rename_field, retire_field, take_up_field
from xrm.overlay.guarding import guard_field, unguard_field
from xrm_cli.agreement import AskedPlan, plan_option, yes_option
from xrm_cli.declaring import Noun
from xrm_cli.field_options import declaration_from, field_options, given_from
from xrm_cli.output import print_table, say
from xrm_cli.session import Session, with_session


@click.group(cls=Noun)
def field() -> None:
    """Your own fields: add, change, rename, retire, list."""


@field.command("add", examples=[
    "xrm field add customer tier --type choice --choices gold:Gold:Or,silver:Silver:Argent --label-en Tier --label-fr Niveau",
    "xrm field add organization fleet --type integer --label-en 'Fleet size' --label-fr 'Taille du parc' --min 0",
    "xrm field add customer tier --file tier.yaml   # the same keys as a field in an entity file",
])
@click.argument("type_name", metavar="TYPE")
@click.argument("key")
@field_options
@with_session
def add(session: Session, /, *, type_name: str, key: str, file: Path | None, **options: Any) -> None:
    """Add a field to a type; its key gets the prefix x_.

    A retired one of that key comes back with its values; without --type as it was declared.
    """
    given = given_from(file, options)
    added = "" if "type" in given else take_up_field(session.runtime, session.actor, type_name, key, given)
    if not added:
        added = add_field(session.runtime, session.actor, type_name, key, declaration_from(key, file, options))
    session.give({"type": type_name, "key": added}, lambda: click.echo(added))
    say(f"{type_name} has the field {added}. Programs that run show it within a second.")


@field.command("change", examples=[
    "xrm field change customer x_tier --choices platinum:Platinum:Platine   # beside those that are there",
    "xrm field change customer x_tier --type text --plan",
    "xrm field change customer x_tier --required --no-index --label-en Level",
    "xrm field change customer x_tier --file tier.yaml   # the whole field, as in an entity file",
])
@click.argument("type_name", metavar="TYPE")
@click.argument("key")
@field_options
@plan_option
@yes_option
@with_session
def change(
    session: Session, /, *, type_name: str, key: str, file: Path | None, plan_only: bool, yes: bool, **options: Any
) -> None:
    """Declare a field otherwise under the same key; its values stay.

    What is not named stays as it is. Another type is taken when all values fit it; else it is refused before anything is done.
    """
    given = given_from(file, options)
    if not given:
        raise click.UsageError("Say what is to change, such as --label-en, --choices or --type.")
    asked = AskedPlan(session, plan_only=plan_only, yes=yes)
    changed, left_out = change_field(
        session.runtime, session.actor, type_name, key, given, whole=file is not None, agreed=asked.agreed
    )
    if left_out:
        say(f"Left out, as it does not fit the new type: {', '.join(left_out)}.")
    asked.give({"type": type_name, "key": changed}, lambda: click.echo(changed))


@field.command("rename", examples=["xrm field rename customer x_tier x_level --label-en Level --label-fr Niveau"])
@click.argument("type_name", metavar="TYPE")
@click.argument("old")
@click.argument("new")
@click.option("--label-en", help="What it is called in English from now on.")
@click.option("--label-fr", help="What it is called in French from now on.")
@plan_option
@with_session
def rename(
    session: Session, *, type_name: str, old: str, new: str, label_en: str | None, label_fr: str | None, plan_only: bool
) -> None:
    """Let a field go on under another key, with all its values.

    The column of the old key stays for fourteen days, for programs that know no other; xrm schema apply drops it then.
    """
    label = {language: text for language, text in (("en", label_en), ("fr", label_fr)) if text}
    asked = AskedPlan(session, plan_only=plan_only, yes=True)
    key = rename_field(session.runtime, session.actor, type_name, old, new, label=label, agreed=asked.agreed)
    asked.give({"type": type_name, "key": key}, lambda: click.echo(key))


@field.command("retire", examples=["xrm field retire customer x_tier"])
@click.argument("type_name", metavar="TYPE")
@click.argument("key")
@with_session
def retire(session: Session, *, type_name: str, key: str) -> None:
    """Hide a field and keep its values; xrm field add of the same key brings it back."""
    retired = retire_field(session.runtime, session.actor, type_name, key)
    session.give({"type": type_name, "key": retired}, lambda: click.echo(retired))


@field.command("guard", examples=["xrm field guard opportunity.amount", "xrm field guard customer.x_margin"])
@click.argument("name", metavar="TYPE.FIELD")
@with_session
def guard(session: Session, *, name: str) -> None:
    """Let only those see and change a field who have a right of its own, in every program at once.

    The rights are TYPE.FIELD:see and TYPE.FIELD:edit, in a permission set; *:* and TYPE:* hold them too. It works for your own
    fields and for those of plugins.
    """
    type_name, _, key = name.partition(".")
    guard_field(session.runtime, session.actor, type_name, key)
    session.give({"field": name, "guarded": True}, lambda: click.echo(name))
    say(f"It needs the right {name}:see to be seen and {name}:edit to be changed.")


@field.command("unguard", examples=["xrm field unguard opportunity.amount"])
@click.argument("name", metavar="TYPE.FIELD")
@with_session
def unguard(session: Session, *, name: str) -> None:
    """Let everybody see a field again who may read its type, and change it who may update the type."""
    type_name, _, key = name.partition(".")
    unguard_field(session.runtime, session.actor, type_name, key)
    session.give({"field": name, "guarded": False}, lambda: click.echo(name))


@field.command("accept", examples=["xrm field accept customer", "xrm field accept customer x_tier"])
@click.argument("type_name", metavar="TYPE")
@click.argument("key", default="")
@with_session
def accept(session: Session, *, type_name: str, key: str) -> None:
    """Mark what the plugin changed in a type as seen; xrm schema plan and xrm field list show only what it changes later."""
    seen = accept_changes(session.runtime, session.actor, type_name, key)
    session.give({"type": type_name, "accepted": seen}, lambda: click.echo("\n".join(seen), nl=bool(seen)))
    say(f"Seen for {len(seen)} fields." if seen else "Nothing to mark: the plugin declares the type as it did before.")


@field.command("list", examples=["xrm field list customer", "xrm field list --json"])
@click.argument("type_name", metavar="[TYPE]", default="")
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
