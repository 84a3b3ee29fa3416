# SPDX-License-Identifier: Apache-2.0
"""``xrm search``: parties and records by words."""

from __future__ import annotations

import click

from xrm.search.queries import search as find
from xrm_cli.declaring import Command
from xrm_cli.output import say
from xrm_cli.session import Session, with_session


@click.command("search", cls=Command, examples=["xrm search 'folk och fa'", "xrm search dupont --type person --json"])
@click.argument("words", metavar="TEXT", nargs=-1, required=True)
@click.option("--type", "types", metavar="TYPE", multiple=True, help="Of this type only (also: party, record); repeat it.")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="How many at most.")
@with_session
def search(session: Session, *, words: tuple[str, ...], types: tuple[str, ...], limit: int) -> None:
    """Find by beginnings of words, whatever their accents: in titles, fields, contact points, and through related names."""
    for name in types:
        if name not in {"party", "record"}:
            session.runtime.registry.get(name)
    hits = session.read(lambda uow: find(uow, " ".join(words), limit=limit, types=types))
    items = [
        {"id": str(hit.id), "type": hit.type, "title": hit.title, "why": str(hit.why), "subtitle": hit.subtitle} for hit in hits
    ]
    session.give_list(items, ("title", "type", "why", "subtitle", "id"))
    if not items:
        say("Nothing was found.")
