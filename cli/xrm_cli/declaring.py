# SPDX-License-Identifier: Apache-2.0
"""How commands are declared: options that all of them have, examples in their help, groups that load a noun when it is used."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from xrm.runtime import Runtime


@dataclass
class Options:
    """What was asked of the whole run, wherever on the command line it stood.

    ``runtime`` is a program that is open already, for whoever runs many commands in one process; it stays open.
    """

    as_email: str = ""
    as_json: bool = False
    debug: bool = False
    runtime: Runtime | None = None


def _note(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def note(context: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value:
            setattr(context.ensure_object(Options), name, value)

    return note


def shared_options() -> list[click.Parameter]:
    """``--json``, ``--as`` and ``--debug``, understood before and after the noun."""
    return [
        click.Option(["--json"], is_flag=True, expose_value=False, callback=_note("as_json"), help="Give JSON on stdout."),
        click.Option(["--as"], metavar="EMAIL", expose_value=False, callback=_note("as_email"),
                     help="Act with the rights of this user (default: the system, which may do everything)."),
        click.Option(["--debug"], is_flag=True, expose_value=False, callback=_note("debug"),
                     help="Show the traceback of an unexpected error."),
    ]


class Command(click.Command):
    """A command with the shared options and with examples at the end of its help."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)
        self.params.extend(shared_options())

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, one a line, as they are typed."""
        super().format_epilog(ctx, formatter)
        if self.examples:
            with formatter.section("Examples"):
                formatter.write("".join(f"{'':{formatter.current_indent}}{line}\n" for line in self.examples))


class Noun(click.Group):
    """The commands of one noun."""

    command_class = Command


class Program(click.Group):
    """All nouns: name → (module, attribute, one line of help). A module is imported when its noun is used."""

    def __init__(self, *args: Any, nouns: Mapping[str, tuple[str, str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.nouns = nouns
        self.params.extend(shared_options())

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The nouns, in the order people meet them."""
        return list(self.nouns)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The commands of a noun."""
        if cmd_name not in self.nouns:
            return None
        module, attribute, _ = self.nouns[cmd_name]
        found: click.Command = getattr(importlib.import_module(f"xrm_cli.{module}"), attribute)
        return found

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command meant by the first argument; a misspelt one is answered with the nearest."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            # click looks among the commands it holds, and this group holds none before they are used.
            raise click.NoSuchCommand(error.command_name, possibilities=self.nouns, ctx=ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the nouns with their lines of help, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in self.nouns.items()])
