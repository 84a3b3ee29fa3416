# SPDX-License-Identifier: Apache-2.0
"""``xrm serve``: the web pages, and one worker for the jobs that wait."""

from __future__ import annotations

import ipaddress
import os
import socket

import click

from xrm.errors import ConfigurationError, msg
from xrm.log_lines import log_to_stderr
from xrm.migrate.apply import has_tables
from xrm.migrate.upgrade import plan_for
from xrm.sealing import is_weak
from xrm.settings import MINIMUM_SECRET, SECRET_FILE
from xrm_cli.declaring import Command
from xrm_cli.first_administrator import tell_first_link
from xrm_cli.output import say
from xrm_cli.serving import serve_here, serve_in_processes
from xrm_cli.session import TOLD_VARIABLE, Session, tell_damage, with_session

SAFE_VARIABLE = "XRM_SAFE_MODE"


@click.command(
    "serve", cls=Command,
    examples=["xrm serve", "xrm serve --port 8080 --workers 4", "xrm serve --host 0.0.0.0   # behind a proxy that speaks HTTPS"],
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=5000, show_default=True, help="Port; 0 takes a free one.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that answer.")
@click.option("--in-process", is_flag=True, help="Serve from this one process by waitress, without child processes.")
@click.option("--safe", is_flag=True, help="Run no code of plugins; their data stays readable, but for what they may hide.")
@with_session
def serve(session: Session, *, host: str, port: int, workers: int, in_process: bool, safe: bool) -> None:
    """Serve the web pages until interrupted; prints one line with the address once it answers."""
    session.refuse_as()
    log_to_stderr()
    if session.options.debug and not _is_loopback(host):
        raise click.UsageError(f"--debug shows inner workings: it does not go with --host {host}. Leave one of them out.")
    if in_process and workers > 1:
        raise click.UsageError("--in-process is one process: leave --workers out.")
    _require_ready(session)
    _tell_problems(session)
    port = _free_port(host, port)
    tell_first_link(session.runtime, f"http://{'127.0.0.1' if not _is_loopback(host) else host}:{port}")
    if safe:
        os.environ[SAFE_VARIABLE] = "1"
    session.close()  # connections do not survive into other processes
    if in_process:
        serve_here(host, port, as_json=session.options.as_json)
    else:
        options = session.options
        serve_in_processes(host, port, workers, session.settings.home, as_json=options.as_json, debug=options.debug)


def _require_ready(session: Session) -> None:
    runtime = session.runtime
    if is_weak(session.settings.secret_key):
        raise ConfigurationError(
            msg("The secret in {file} or XRM_SECRET_KEY is missing, known to others or shorter than {least}. Run: xrm init",
                file=session.settings.home / SECRET_FILE, least=MINIMUM_SECRET)
        )
    if not has_tables(runtime.engine):
        raise ConfigurationError(msg("The database has no tables yet. Run xrm init, or for an empty database: xrm schema apply"))
    runtime.require_fitting()
    runtime.require_meaning()
    tell_damage(runtime)
    plan = plan_for(runtime.engine, runtime.registry)
    waiting = len(plan.steps)
    if plan.problems:
        raise ConfigurationError(msg("The tables do not fit what is installed: {problem}", problem=plan.problems[0]))
    if waiting:
        say(f"Warning: {waiting} schema steps wait; pages that need them fail. Run: xrm schema apply")


def _tell_problems(session: Session) -> None:
    """Say once what is wrong with the files of plugins, a line for each problem; the processes that follow need not."""
    for plugin in session.runtime.host.plugins:
        if not plugin.is_on:
            for problem in plugin.problems:
                say(f"plugin {plugin.name} is off: {problem}")
    os.environ[TOLD_VARIABLE] = "1"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _free_port(host: str, port: int) -> int:
    """The port to take; asked for here because servers share ports without a word.

    Raises:
        ConfigurationError: when it is in use, or not ours to take.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
            taken: int = trial.getsockname()[1]
            return taken
    except OSError as error:
        why = error.strerror or str(error)
        raise ConfigurationError(
            msg("Port {port} on {host} cannot be used: {why}. Choose another with --port.", port=port, host=host, why=why)
        ) from error
