# SPDX-License-Identifier: Apache-2.0
"""``xrm completion``: what a shell needs to complete commands."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from xrm_cli.declaring import Command

SHELLS = ("bash", "zsh", "fish")


@click.command(
    "completion", cls=Command,
    examples=['eval "$(xrm completion bash)"   # in ~/.bashrc', "xrm completion fish > ~/.config/fish/completions/xrm.fish"],
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, *, shell: str) -> None:
    """Print the script that lets a shell complete the commands and options of xrm."""
    found = get_completion_class(shell)
    assert found is not None  # noqa: S101  # click has all three
    click.echo(found(context.find_root().command, {}, "xrm", "_XRM_COMPLETE").source())
