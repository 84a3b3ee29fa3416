# SPDX-License-Identifier: Apache-2.0
"""Every command tells what it does with an example, and asking for help loads no more than needed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from xrm_cli.declaring import Command
from xrm_cli.program import NOUNS, program


def commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(program)
    for noun in NOUNS:
        found = program.get_command(context, noun)
        assert found is not None
        if isinstance(found, click.Group):
            yield from ((f"{noun} {name}", command) for name, command in found.commands.items())
        else:
            yield noun, found


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=[name for name, _ in commands()])
def test_every_command_has_help_and_an_example_that_begins_with_its_name(name: str, command: click.Command) -> None:
    assert isinstance(command, Command)
    assert command.help
    assert any(f"xrm {name}" in example for example in command.examples)
    assert "--json" in [option for parameter in command.params for option in parameter.opts]


def test_the_list_of_commands_loads_none_of_them() -> None:
    script = (
        "import sys; from xrm_cli.main import run; run(['--help']);"
        "sys.exit(','.join(name for name in sys.modules if name.startswith(('sqlalchemy', 'xrm_cli.commands'))))"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert done.stderr.strip() == ""
    assert "entity" in done.stdout
