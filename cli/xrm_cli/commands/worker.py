# SPDX-License-Identifier: Apache-2.0
"""``xrm worker``: runs the jobs that wait until it is told to stop."""

from __future__ import annotations

import os
import signal
import threading

import click

from xrm.db.presence import present
from xrm.errors import ConfigurationError, msg
from xrm.log_lines import log_to_stderr
from xrm_cli.declaring import Command
from xrm_cli.output import say
from xrm_cli.serving import has_jobs, run_jobs
from xrm_cli.session import Session, tell_damage, with_session


@click.command("worker", cls=Command, examples=["xrm worker"])
@click.option("--while-parent", type=int, hidden=True, help="Stop when this process is no longer the parent.")
@with_session
def worker(session: Session, *, while_parent: int | None) -> None:
    """Run the jobs that wait, such as mail to send, until interrupted. xrm serve has one already."""
    session.refuse_as()
    log_to_stderr()
    if not has_jobs():
        raise ConfigurationError(msg("This installation has no jobs to run. Install xrm again, with all its files."))
    session.runtime.require_fitting()
    session.runtime.require_meaning()
    if while_parent is None:
        tell_damage(session.runtime)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if while_parent is None:
        say("Waiting for jobs. Stop with Ctrl+C.")
    else:
        threading.Thread(target=_watch_parent, args=(while_parent, stop), daemon=True).start()
    with present(session.runtime.engine):
        run_jobs(session.runtime, stop)


def _watch_parent(parent: int, stop: threading.Event) -> None:
    while os.getppid() == parent and not stop.wait(2):
        pass
    stop.set()
