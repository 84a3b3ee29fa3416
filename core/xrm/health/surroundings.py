# SPDX-License-Identifier: Apache-2.0
"""Checks of what the program stands on: folder, secret, disk, backups, address, clock and version of the database."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import func, select, text

from xrm.access.models import user
from xrm.db.damage import damage_message, noted_damage
from xrm.errors import msg
from xrm.health.findings import HealthFinding
from xrm.settings import MINIMUM_SECRET, SECRET_FILE, Settings
from xrm.unit_of_work import UnitOfWork

LOW_DISK, NO_DISK = 1_000_000_000, 100_000_000  # bytes
OLD_BACKUP = timedelta(days=7)
CLOCK = 5.0  # seconds
OLDEST = {"sqlite": (3, 37), "postgresql": (14,)}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def check_files(settings: Settings) -> Iterator[HealthFinding]:
    """The secret, who may read it, and room on the disk."""
    secret = settings.home / SECRET_FILE
    if len(settings.secret_key) < MINIMUM_SECRET:
        yield HealthFinding("secret", "bad", msg("The secret key is missing or too short."),
                            msg("Run xrm init, then start xrm again."))
    if secret.is_file() and stat.S_IMODE(secret.stat().st_mode) & 0o077:
        yield HealthFinding("secret", "warn", msg("Others on this machine can read {file}.", file=secret),
                            msg("Run chmod 600 {file}", file=secret), fix="secret_mode")
    if stat.S_IMODE(settings.home.stat().st_mode) & 0o007:
        yield HealthFinding("folder", "warn", msg("Others on this machine can look into {folder}.", folder=settings.home),
                            msg("Run chmod o-rwx {folder}", folder=settings.home), fix="folder_mode")
    free = shutil.disk_usage(settings.home).free
    if free < LOW_DISK:
        yield HealthFinding(
            "disk", "bad" if free < NO_DISK else "warn",
            msg("Only {megabytes} MB are free where {folder} lies.", megabytes=free // 1_000_000, folder=settings.home),
            msg("Make room there, for example by moving old backups away."),
        )


def check_address(settings: Settings) -> Iterator[HealthFinding]:
    """Whether people reach the instance from elsewhere without encryption."""
    parts = urlsplit(settings.base_url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        yield HealthFinding("address", "warn", msg("People reach {address} without encryption.", address=settings.base_url),
                            msg("Put a proxy with HTTPS before xrm, and write https:// into base_url."))


def check_backups(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Whether there is a recent backup, once the instance is older than a week."""
    first = uow.execute(select(func.min(user.c.created_at))).scalar()
    folder = uow.settings.home / "backups"
    made = max((one.stat().st_mtime for one in folder.glob("*") if one.is_file()), default=None) if folder.is_dir() else None
    latest = datetime.fromtimestamp(made, UTC) if made is not None else None
    if first is None or uow.now - first < OLD_BACKUP or (latest is not None and uow.now - latest < OLD_BACKUP):
        return
    said = msg("The last backup in {folder} is of {day}.", folder=folder, day=latest.date().isoformat()) if latest else msg(
        "There is no backup in {folder}.", folder=folder)
    yield HealthFinding("backup", "warn", said, msg("Run xrm backup create, best each night."))


def check_database(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """What was found damaged, the version of the database, and its clock."""
    if damage := noted_damage(uow.settings.home):
        yield HealthFinding("integrity", "bad", damage_message(damage))
    dialect = uow.connection.dialect
    version = dialect.server_version_info or ()
    if dialect.name == "sqlite":
        version = dialect.dbapi.sqlite_version_info if dialect.dbapi is not None else ()
    if version and tuple(version) < OLDEST.get(dialect.name, ()):
        yield HealthFinding("database version", "warn", msg("{name} {version} is old.", name=dialect.name,
                                                            version=".".join(map(str, version))),
                            msg("Bring the database up to {version} or later.", version=".".join(map(str, OLDEST[dialect.name]))))
    if dialect.name == "postgresql":
        apart = abs((uow.execute(text("SELECT clock_timestamp()")).scalar_one() - datetime.now(UTC)).total_seconds())
        if apart > CLOCK:
            said = msg("The clocks of database and program are {seconds} s apart.", seconds=int(apart))
            yield HealthFinding("clock", "warn", said,
                                msg("Let both machines follow the same time server."))


def fix_secret_mode(settings: Settings) -> None:
    """Let nobody but the owner read the secret."""
    (settings.home / SECRET_FILE).chmod(0o600)


def fix_folder_mode(settings: Settings) -> None:
    """Let nobody but owner and group look into the folder."""
    settings.home.chmod(stat.S_IMODE(settings.home.stat().st_mode) & ~0o007)
