# SPDX-License-Identifier: Apache-2.0
"""Runs the code of plugins: measures it, and turns whatever it raises into a named failure with a reference."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError

from xrm.current_plugin import acting
from xrm.db.engine import is_retryable
from xrm.errors import PluginError, XrmError, msg
from xrm.plugin_host.watch import OVERRUN, Failure, Watch

TOO_SLOW = 5.0  # seconds after which something that is shown counts as failed
LONGEST_LINE = 300
logger = logging.getLogger("xrm.plugins")
Result = TypeVar("Result")


class PluginFailed(PluginError):
    """The code of a plugin failed; ``failure`` has the reference under which the log tells more."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(failure.plugin, failure.message)


class WrongAnswer(TypeError):
    """A plugin answered with something else than what was asked for."""


class TooSlow(Exception):
    """A plugin took longer than what is shown may take, or than any request may."""


class Guard:
    """Runs plugin code. What a plugin raises on purpose to refuse (``passing``) goes through; everything else is its failure."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    def run(
        self, plugin: str, what: str, function: Callable[[], Result], passing: tuple[type[BaseException], ...] = ()
    ) -> Result:
        """What ``function`` returns.

        Raises:
            PluginFailed: when it raises anything that is not ``passing``.
        """
        since = self.watch.now()
        self.watch.begin(plugin, what)
        try:
            with acting(plugin):
                result = function()
        except BaseException as error:
            is_theirs = not (isinstance(error, passing) or _is_ours(error))
            self.watch.count(plugin, what, since, has_failed=is_theirs)
            if is_theirs:
                raise self.failed(plugin, what, error) from error
            raise
        finally:
            self.watch.end()
        self.watch.count(plugin, what, since, has_failed=False)
        return result

    def hurry(self, plugin: str, what: str, since: float, *, page_waits: bool) -> None:
        """Hold the time that something took which is shown against its plugin: too long is a failure, long adds up."""
        seconds = self.watch.now() - since
        if seconds > TOO_SLOW:
            self.failed(plugin, what, TooSlow(f"it was too slow: {seconds:.1f} s; at most {TOO_SLOW:g} s are given"))
        elif page_waits and seconds > OVERRUN and self.watch.overran(plugin, what):
            logger.error("plugin %s is in quarantine: pages had to wait for it again and again", plugin)

    def stream(self, plugin: str, what: str, items: Iterable[Result]) -> Iterator[Result]:
        """The items one after the other; a failure on the way to the next one is treated as in ``run``."""
        iterator = self.run(plugin, what, lambda: iter(items))
        end = object()
        while True:
            try:
                with acting(plugin):
                    item: Any = next(iterator, end)
            except BaseException as error:
                if _is_ours(error):
                    raise
                raise self.failed(plugin, what, error) from error
            if item is end:
                return
            yield item

    def failed(self, plugin: str, what: str, error: BaseException) -> PluginFailed:
        """The named failure made of an error, written to the log under its reference."""
        reference = secrets.token_hex(4)
        message = msg("The plugin {plugin} failed in {what}. An administrator finds more in the log under {reference}.",
                      plugin=plugin, what=what, reference=reference)
        # Our own sentence says all there is to know; of anything else the place is needed too.
        trace = None if isinstance(error, XrmError) else error
        said = str(error) or type(error).__name__
        logger.error("plugin %s failed in %s, reference %s: %s", plugin, what, reference, said, exc_info=trace)
        failure = Failure(plugin, what, reference, message, _first_line(error))
        if self.watch.keep(failure):
            logger.error("plugin %s is in quarantine: it failed three times within ten minutes", plugin)
        return PluginFailed(failure)


def _first_line(error: BaseException) -> str:
    line = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {line}"[:LONGEST_LINE] if line else type(error).__name__


def _is_ours(error: BaseException) -> bool:
    """Whether it is not the plugin's doing: a person's Ctrl-C (which reaches the main thread only), a lost race or database."""
    if isinstance(error, KeyboardInterrupt):
        return threading.current_thread() is threading.main_thread()
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or is_retryable(error)
    return isinstance(error, PluginFailed)
