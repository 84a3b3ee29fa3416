# SPDX-License-Identifier: Apache-2.0
"""Checks of what the program itself is made of: Python, packages, time zones, the list of known passwords."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

from xrm.access.known_passwords import OURS, WIDTH
from xrm.errors import Message, msg
from xrm.health.findings import HealthFinding
from xrm.migrate.downgrades import find_downgrades_now
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.versions import is_newer

OLDEST_PYTHON = (3, 11)
A_ZONE = "Europe/Paris"
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)[^;]*?>=\s*([0-9][^,;\s)]*)")


def check_python(_settings: Settings) -> Iterator[HealthFinding]:
    """Whether Python is new enough."""
    if sys.version_info[:2] < OLDEST_PYTHON:
        yield HealthFinding("python", "bad", msg("Python {version} is too old.", version=platform.python_version()),
                            msg("Install Python {version} or newer, and xrm with it.", version=".".join(map(str, OLDEST_PYTHON))))
    else:
        yield HealthFinding("python", "good", Message("Python {version}", {"version": platform.python_version()}))


def check_packages(_settings: Settings) -> Iterator[HealthFinding]:
    """Whether the packages that the program needs are there, in the versions that it was made for."""
    for line in importlib.metadata.requires("xrm") or ():
        found = _REQUIREMENT.match(line)
        if found is None or "extra ==" in line:
            continue
        name, wanted = found.groups()
        try:
            here = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield HealthFinding(f"package {name}", "bad", msg("The package {name} is not installed.", name=name),
                                msg("Install it with: pip install '{name}>={version}'", name=name, version=wanted))
            continue
        if is_newer(wanted, here):
            said = msg("The package {name} is {here}, and {version} or later is needed.", name=name, here=here, version=wanted)
            yield HealthFinding(f"package {name}", "warn", said,
                                msg("Install it with: pip install '{name}>={version}'", name=name, version=wanted))


def check_time_zones(_settings: Settings) -> Iterator[HealthFinding]:
    """Whether moments can be shown in the zones of readers."""
    try:
        zoneinfo.ZoneInfo.no_cache(A_ZONE)
    except zoneinfo.ZoneInfoNotFoundError:
        yield HealthFinding("time zones", "warn", msg("This machine knows no time zones, so everybody reads UTC."),
                            msg("Install the system's package tzdata, or: pip install tzdata"))


def check_password_list(settings: Settings) -> Iterator[HealthFinding]:
    """Whether the lists of known passwords can be read: without them nobody can choose a password, or any will do."""
    given = settings.password_list and settings.home / Path(settings.password_list).expanduser()
    for file, least in ((OURS, WIDTH), *([(given, 1)] if given else [])):
        try:
            with file.open("rb") as stream:
                is_read = len(stream.read(least)) == least
        except OSError:
            is_read = False
        if not is_read:
            remedy = msg("Mend or remove the setting password_list.") if file == given else msg("Install xrm again.")
            yield HealthFinding("passwords", "bad", msg("The list of known passwords {file} cannot be read.", file=file), remedy)


def check_versions(runtime: Runtime) -> Iterator[HealthFinding]:
    """Whether program and plugins are at least what made the tables."""
    declared: dict[str, dict[str, int]] = {}
    for each in runtime.registry.entity_types.values():
        declared.setdefault(each.plugin, {})[each.name] = each.declaration.revision
    for older in find_downgrades_now(runtime.engine, runtime.registry.versions, declared):
        yield HealthFinding("versions", "bad", older, msg("Nothing is written until then; reading goes on."))
