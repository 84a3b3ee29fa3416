# SPDX-License-Identifier: Apache-2.0
"""Checks of what the program stands on: folder, secret, private files, disk, address; and repairs of permissions."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from xrm.errors import Message, msg
from xrm.health.findings import HealthFinding
from xrm.sealing import is_weak
from xrm.settings import SECRET_FILE, Settings

LOW_DISK, NO_DISK = 1_000_000_000, 100_000_000  # bytes
OLD_SECRET = timedelta(days=3 * 365)
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# What holds data or passwords, below the folder of the instance.
PRIVATE = ("xrm.toml", "*.db", "*.db-wal", "backups/*", "snapshots/*")
OTHERS, ALL_BUT_OWNER = 0o007, 0o077


def mode_of(path: Path) -> int:
    """Who may do what with a file or folder."""
    return stat.S_IMODE(path.stat().st_mode)


def check_folder(settings: Settings) -> Iterator[HealthFinding]:
    """Whether the program can write its folder, and others cannot look into it."""
    home = settings.home
    if not os.access(home, os.W_OK | os.X_OK):
        yield HealthFinding("folder", "bad", msg("{folder} cannot be written.", folder=home),
                            msg("Give the user who runs xrm the right to write there."))
    elif mode_of(home) & OTHERS:
        yield HealthFinding("folder", "warn", msg("Others on this machine can look into {folder}.", folder=home),
                            msg("Run chmod o-rwx {folder}", folder=home), fix="folder_mode")
    else:
        yield HealthFinding("folder", "good", Message("{folder}", {"folder": home}))


def check_secret(settings: Settings) -> Iterator[HealthFinding]:
    """Whether there is a secret that nobody can guess, and who may read it."""
    file = settings.home / SECRET_FILE
    if is_weak(settings.secret_key):
        yield HealthFinding("secret", "bad", msg("{file} is missing, too short or easily guessed.", file=file),
                            msg("Remove the file if it is there, and the setting secret_key, then run xrm init."))
    if file.is_file() and mode_of(file) & ALL_BUT_OWNER:
        yield HealthFinding("secret", "warn", msg("Others on this machine can read {file}.", file=file),
                            msg("Run chmod 600 {file}", file=file), fix="secret_mode")


def check_secret_age(settings: Settings) -> Iterator[HealthFinding]:
    """Whether the secret key was changed within some years, as people who knew it come and go."""
    file = settings.home / SECRET_FILE
    if not file.is_file():
        return
    made = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    if datetime.now(UTC) - made > OLD_SECRET:
        said = msg("The secret key is of {day}: whoever saw it since can still use it.", day=made.date().isoformat())
        yield HealthFinding("secret age", "warn", said,
                            msg("Put it into former_secret_keys, a new one in its place, and start xrm again."))


def open_files(settings: Settings) -> list[Path]:
    """Files with data or passwords that others on this machine can read: their folder lets them in, and so do they."""
    if not mode_of(settings.home) & OTHERS:
        return []
    found = (path for pattern in PRIVATE for path in sorted(settings.home.glob(pattern)))
    return [path for path in found if path.is_file() and mode_of(path) & OTHERS]


def check_private_files(settings: Settings) -> Iterator[HealthFinding]:
    """Whether others can read what holds data or passwords."""
    if found := open_files(settings):
        names = ", ".join(str(path.relative_to(settings.home)) for path in found[:5])
        said = msg("Others on this machine can read files of the instance: {names} ({count} in all).", names=names,
                   count=len(found))
        yield HealthFinding("private files", "warn", said, msg("Run chmod o-rwx on them."), fix="private_files")


def check_disk(settings: Settings) -> Iterator[HealthFinding]:
    """Whether there is room for what people write."""
    free = shutil.disk_usage(settings.home).free
    if free < LOW_DISK:
        yield HealthFinding(
            "disk", "bad" if free < NO_DISK else "warn",
            msg("Only {megabytes} MB are free where {folder} lies.", megabytes=free // 1_000_000, folder=settings.home),
            msg("Make room there, for example by moving old backups away."),
        )


def is_local(settings: Settings) -> bool:
    """Whether the instance is known under an address that only this machine can reach."""
    return urlsplit(settings.base_url).hostname in LOOPBACK


def check_address(settings: Settings) -> Iterator[HealthFinding]:
    """Whether people reach the instance with encryption, and whether links in mails lead to it."""
    if not is_local(settings) and urlsplit(settings.base_url).scheme != "https":
        yield HealthFinding("address", "warn", msg("People reach {address} without encryption.", address=settings.base_url),
                            msg("Put a proxy with HTTPS before xrm, and write https:// into base_url."))
    if is_local(settings) and (settings.mail_server or settings.oidc):
        said = msg("Links in mails begin with {address}, which leads nowhere but on this machine.", address=settings.base_url)
        yield HealthFinding("address", "warn", said,
                            msg("Write the address under which people reach xrm into base_url in xrm.toml."))


def mend_secret_mode(settings: Settings) -> Iterator[Message]:
    """Let nobody but the owner read the secret."""
    file = settings.home / SECRET_FILE
    if file.is_file() and (before := mode_of(file)) & ALL_BUT_OWNER:
        file.chmod(0o600)
        yield msg("{file} could be read by others (mode {before}); now its owner alone can (mode 600).", file=file,
                  before=f"{before:o}")


def mend_private_files(settings: Settings) -> Iterator[Message]:
    """Let nobody else read or write what holds data or passwords."""
    found = open_files(settings)
    for path in found:
        path.chmod(mode_of(path) & ~OTHERS)
    if found:
        yield msg("Files of the instance that others could read: {count} before, none now.", count=len(found))


def mend_folder_mode(settings: Settings) -> Iterator[Message]:
    """Let nobody but owner and group look into the folder."""
    if (before := mode_of(settings.home)) & OTHERS:
        after = before & ~OTHERS
        settings.home.chmod(after)
        yield msg("Others could look into {folder} (mode {before}); now they cannot (mode {after}).", folder=settings.home,
                  before=f"{before:o}", after=f"{after:o}")
