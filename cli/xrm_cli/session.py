# SPDX-License-Identifier: Apache-2.0
"""One run of the command line against an instance: its settings, its runtime, who acts, and how results are given."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable, Sequence
from functools import cached_property, update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

import click

from xrm.access.users import find_user
from xrm.db.damage import damage_message, noted_damage
from xrm.db.health import missing_file
from xrm.errors import ConfigurationError, msg
from xrm.log_lines import log_to_stderr
from xrm.runtime import Runtime, open_runtime
from xrm.settings import Settings, load_settings
from xrm.unit_of_work import Actor, UnitOfWork, system_actor
from xrm_cli.declaring import Options
from xrm_cli.output import print_json, print_table, say

TOLD_VARIABLE = "XRM_FILES_TOLD"  # set for the processes of a server that said already what is off
Result = TypeVar("Result")
P = ParamSpec("P")


class Session:
    """What a command works with; the runtime opens when it is first needed."""

    def __init__(self, options: Options) -> None:
        self.options = options

    @cached_property
    def settings(self) -> Settings:
        """The settings of the instance."""
        return load_settings()

    @cached_property
    def runtime(self) -> Runtime:
        """The running program; says which plugins are off.

        Raises:
            ConfigurationError: when there is no instance yet.
        """
        if self.options.runtime is not None:
            return self.options.runtime
        if not self.settings.home.is_dir():
            raise ConfigurationError(
                msg("There is no instance in {home}. Make one with xrm init, or set XRM_HOME to its folder.",
                    home=self.settings.home)
            )
        absent = missing_file(self.settings.database_url)
        if absent is not None:
            raise ConfigurationError(msg("There is no database {file}. Run xrm init, or set XRM_DATABASE_URL.", file=absent))
        return self.opened

    @cached_property
    def opened(self) -> Runtime:
        """The running program, whether there is a database yet or not."""
        if self.options.runtime is not None:
            return self.options.runtime
        if not self.options.debug:
            # What the log says of a plugin that cannot start, a person is told in one line below.
            logging.getLogger("xrm").addHandler(logging.NullHandler())
        files = logging.getLogger("xrm.plugins.files")
        files.disabled = True
        opened = open_runtime(self.settings)
        files.disabled = False
        gc.freeze()
        gc.enable()
        # From here on a plugin that fails names a reference, and the log has to hold it.
        log_to_stderr()
        if not os.environ.get(TOLD_VARIABLE):
            tell_broken(opened)
        return opened

    def open_inert(self) -> Runtime:
        """The running program without any code of plugins, for what must not run it; called before anything else opens it."""
        if self.options.runtime is None:
            self.__dict__["opened"] = open_runtime(self.settings, safe=True)
        return self.runtime

    def reopened(self) -> Runtime:
        """The program opened afresh, with settings that were not there before."""
        self.close()
        for name in ("settings", "opened", "runtime"):
            self.__dict__.pop(name, None)
        return self.opened

    @cached_property
    def actor(self) -> Actor:
        """Who acts: the user named by ``--as``, else the system.

        Raises:
            NotFound: when there is no such user.
        """
        email = self.options.as_email
        if not email:
            return system_actor()
        return self.runtime.read(lambda uow: find_user(uow, email), system_actor()).as_actor("cli")

    def read(self, function: Callable[[UnitOfWork], Result]) -> Result:
        """The result of a reading unit of work of the actor."""
        return self.runtime.read(function, self.actor)

    def write(self, function: Callable[[UnitOfWork], Result]) -> Result:
        """The result of a writing unit of work of the actor; the function may run twice."""
        return self.runtime.write(function, self.actor)

    def refuse_as(self) -> None:
        """Stop when ``--as`` was given: the command acts on the instance itself.

        Raises:
            click.UsageError: then.
        """
        if self.options.as_email:
            raise click.UsageError("This command acts on the instance itself, not as a user. Leave --as out.")

    def give(self, value: Any, human: Callable[[], object]) -> None:
        """Give the result: as JSON when asked for, else as ``human`` prints it."""
        if self.options.as_json:
            print_json(value)
        else:
            human()

    def give_list(self, items: Sequence[dict[str, Any]], columns: Sequence[str], following: str | None = None) -> None:
        """Give a list: ``{"items", "next"}`` as JSON, else a table of these columns."""
        self.give({"items": items, "next": following}, lambda: print_table(items, columns))
        if following and not self.options.as_json:
            say(f"There is more. Continue with: --after {following}")

    def close(self) -> None:
        """Give connections back, unless they were lent."""
        if "opened" in self.__dict__ and self.options.runtime is None:
            self.opened.close()


def tell_damage(runtime: Runtime) -> None:
    """Look quickly whether the database is whole, and say what was found, now or before; nothing is written then."""
    if not runtime.look_for_damage() and not noted_damage(runtime.settings.home):
        return
    say(f"Warning: {damage_message(noted_damage(runtime.settings.home))}")


def tell_broken(runtime: Runtime) -> None:
    """Say which plugins are off, each with its first problem, and where to read the rest."""
    off = [plugin for plugin in runtime.host.plugins if not plugin.is_on and plugin.status != "removed"]
    if off:
        say(f"Warning: off because of a problem: {', '.join(plugin.name for plugin in off)}. xrm doctor says why.")
    for plugin in off:
        say(f"  {plugin.name}: {plugin.problem}")


def with_session(function: Callable[Concatenate[Session, P], None]) -> Callable[P, None]:
    """Hand the session of this run to a command as its first argument, and close it at the end."""

    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        context = click.get_current_context()
        session = Session(context.ensure_object(Options))
        context.call_on_close(session.close)
        function(session, *args, **kwargs)

    return update_wrapper(run, function)
