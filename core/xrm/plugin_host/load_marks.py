# SPDX-License-Identifier: Apache-2.0
"""Breaks the circle of a plugin that ends the whole program as soon as it is imported: a mark is there while one is loaded.

A mark whose process is gone says that the program ended meanwhile. Whether that was the plugin's doing, a trial in a process of
its own tells; a plugin that does not survive it is held off until it changes, or somebody lets it try again.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import signal
import subprocess  # tries the import where it can do no harm
import sys
from collections.abc import Iterator
from pathlib import Path

from xrm.errors import Message, msg
from xrm.plugin_host.discovery import Plugin

TRIAL = "import sys\ntry:\n    __import__(sys.argv[1])\nexcept BaseException:\n    pass\nprint('survived', flush=True)\n"
PATIENCE = 20.0  # seconds that an import may take in the trial
HELD = "held"
logger = logging.getLogger("xrm.plugins")


class LoadMarks:
    """The marks in the folder of one instance; without a folder, or where files cannot be locked, there are none."""

    def __init__(self, home: Path | None) -> None:
        self._folder = home / "run" / "loading" if home is not None and home.is_dir() and os.name == "posix" else None

    @contextlib.contextmanager
    def loading(self, plugin: str) -> Iterator[None]:
        """Leave a mark meanwhile."""
        mark = self._mark(plugin)
        try:
            yield
        finally:
            if mark is not None:
                path, descriptor = mark
                with contextlib.suppress(OSError):  # somebody removed the folder meanwhile
                    path.unlink()
                os.close(descriptor)

    def _mark(self, plugin: str) -> tuple[Path, int] | None:
        if self._folder is None:
            return None
        import fcntl  # noqa: PLC0415  # where it is missing there are no marks

        path = self._folder / f"{plugin}.{os.getpid()}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            logger.debug("no mark for %s: %s", plugin, error)
            return None
        return path, descriptor

    def held_off(self, plugin: Plugin) -> Message | None:
        """Why this plugin is not loaded: an earlier start did not survive it, and it has not changed since."""
        if self._folder is None or not self._folder.is_dir():
            return None
        held = self._folder / f"{plugin.name}.{HELD}"
        if held.is_file():
            print_of, _, how = held.read_text(encoding="utf-8").partition("\n")
            if print_of == _fingerprint(plugin):
                return _message(plugin.name, how)
            held.unlink(missing_ok=True)
        left = [mark for mark in self._folder.glob(f"{plugin.name}.*") if _is_left(mark)]
        if not left:
            return None
        how = _try(plugin)
        for mark in left:
            mark.unlink(missing_ok=True)
        if not how:
            return None
        held.write_text(f"{_fingerprint(plugin)}\n{how}", encoding="utf-8")
        logger.error("plugin %s is held off: it ended the program while it was loaded (%s)", plugin.name, how)
        return _message(plugin.name, how)

    def release(self, plugin: str) -> bool:
        """Let the plugin be loaded again at the next start; whether it was held off."""
        held = self._folder / f"{plugin}.{HELD}" if self._folder is not None else None
        if held is None or not held.is_file():
            return False
        held.unlink()
        return True


def _message(plugin: str, how: str) -> Message:
    return msg("It ended the whole program while it was loaded ({how}), so it is held off. Install a version that loads; to try "
               "once more as it is: xrm plugin release {plugin}", how=how, plugin=plugin)


def _is_left(mark: Path) -> bool:
    """Whether the process that left the mark is gone: its lock went with it."""
    import fcntl  # noqa: PLC0415  # where it is missing there are no marks

    try:
        descriptor = os.open(mark, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _fingerprint(plugin: Plugin) -> str:
    files = sorted((plugin.folder or Path()).rglob("*.py")) + sorted((plugin.folder or Path()).rglob("*.so"))
    parts = [f"{path.name}:{path.stat().st_size}:{path.stat().st_mtime_ns}" for path in files]
    return hashlib.sha256("\n".join([plugin.version, *parts]).encode()).hexdigest()


def _try(plugin: Plugin) -> str:
    """How the import of a plugin ends a process; empty when it does not."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    try:
        done = subprocess.run(  # noqa: S603  # our own interpreter
            [sys.executable, "-c", TRIAL, f"{plugin.package}.hooks"], env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=PATIENCE, check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no end after {PATIENCE:g} s"
    if b"survived" in done.stdout:
        return ""
    if done.returncode < 0:
        return signal.Signals(-done.returncode).name
    return f"exit code {done.returncode}"
