# SPDX-License-Identifier: Apache-2.0
"""Data steps that a plugin brings: ``steps/NNNN_name.py``, each run once per database, in the order of its number.

Such a file says ``ENTITY`` (whose rows), ``READS`` and ``WRITES`` (keys of fields; what was retired or renamed can be read),
``upgrade(rows)`` and, for the way back, ``downgrade(rows)``. Both get some rows at a time, never all.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from xrm.errors import InvalidInput, Problem, msg

NAME = re.compile(r"[0-9]{4}_[a-z][a-z0-9_]*")


class Rows(Protocol):
    """What a step changes: rows that give the value of a field by its key, and take a new one."""


Work = Callable[[Sequence[Any]], None]


@dataclass(frozen=True)
class Script:
    """One data step: who brings it, its name (number first), whose rows it walks, and its functions."""

    owner: str
    name: str
    path: Path
    entity: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    upgrade: Work
    downgrade: Work | None

def checksum_of(path: Path) -> str:
    """The SHA-256 of the lines of a step's file, however they end."""
    return hashlib.sha256(b"\n".join(path.read_bytes().splitlines())).hexdigest()


def waiting_files(files: Mapping[str, Iterable[Path]], done: Mapping[str, Collection[str]]) -> list[tuple[str, Path]]:
    """Owner and file of each step that was not run yet, by owner and number."""
    return [(owner, path) for owner in sorted(files) for path in files[owner] if path.stem not in done.get(owner, ())]


def load_script(owner: str, path: Path) -> Script:
    """The step in this file, which is run to know it.

    Raises:
        InvalidInput: when it cannot be read as one; the text says what to write.
    """
    where = f"{owner}/steps/{path.name}"
    if not NAME.fullmatch(path.stem):
        raise _wrong(where, msg("{where}: call it NNNN_name.py, like 0001_split_address.py.", where=where))
    module = _run(owner, path, where)
    entity, writes = getattr(module, "ENTITY", None), getattr(module, "WRITES", None)
    reads = getattr(module, "READS", ())
    if not isinstance(entity, str):
        raise _wrong(where, msg('{where}: say whose rows it changes, like ENTITY = "customer".', where=where))
    for name, keys in (("READS", reads), ("WRITES", writes)):
        if not isinstance(keys, tuple | list) or not all(isinstance(key, str) for key in keys) or (name == "WRITES" and not keys):
            raise _wrong(where, msg('{where}: {name} lists keys of fields, like {name} = ("city",).', where=where, name=name))
    for name, is_needed in (("upgrade", True), ("downgrade", False)):
        function = getattr(module, name, None)
        if (is_needed or function is not None) and not callable(function):
            raise _wrong(where, msg("{where}: define {name}(rows).", where=where, name=name))
        if function is not None and not _takes_rows(function):
            raise _wrong(where, msg("{where}: {name} is called with the rows and nothing else. Define {name}(rows).",
                                    where=where, name=name))
    return Script(
        owner, path.stem, path, entity, tuple(reads), tuple(writes or ()), module.upgrade, getattr(module, "downgrade", None)
    )


def _takes_rows(function: Callable[..., object]) -> bool:
    try:
        inspect.signature(function).bind(())
    except TypeError:
        return False
    return True


def same_numbers(files: Iterable[Path]) -> list[str]:
    """Numbers that two files of a plugin have: which comes first could not be known."""
    numbers = [path.stem[:4] for path in files]
    return sorted({number for number in numbers if numbers.count(number) > 1})


def _run(owner: str, path: Path, where: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"xrm_steps_{owner}_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise _wrong(where, msg("{where} cannot be read as Python.", where=where))
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        # Whatever the plugin's file raises must name the file; ending the program is not its business.
        if isinstance(error, KeyboardInterrupt):
            raise
        told = msg("{where} fails when it is read: {error}", where=where, error=f"{type(error).__name__}: {error}")
        raise _wrong(where, told) from error
    return module


def _wrong(where: str, message: Any) -> InvalidInput:
    return InvalidInput([Problem("", message, where)])
