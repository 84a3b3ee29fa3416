# SPDX-License-Identifier: Apache-2.0
"""The overlay as a folder of entity files, to be taken from one instance to another: ``entities/`` types, ``fields/`` fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from xrm.access.policy import require_everywhere
from xrm.errors import ConfigurationError, msg
from xrm.overlay.additions import Addition, Overlay, from_text, to_text
from xrm.overlay.queries import read_overlay
from xrm.overlay.service import RIGHT
from xrm.unit_of_work import Actor, UnitOfWork

if TYPE_CHECKING:
    from xrm.runtime import Runtime

TYPES, FIELDS = "entities", "fields"
# Anything else goes in quotes, so that it is read back as the text that it is.
_PLAIN = re.compile(r"[^\W\d_][\w ]*[^\W_]\Z|[^\W\d_]\Z")


class _Writer(yaml.SafeDumper):
    """Writes what the strict reader reads back unchanged."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never refer to another part of the file."""
        return True


def _write_text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if _PLAIN.match(text) else '"'
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _write_text)


def export_overlay(runtime: Runtime, actor: Actor, folder: Path) -> list[Path]:
    """Write all that administrators added, and return the files, types first.

    Raises:
        PermissionDenied: without the right to administer the schema everywhere.
        ConfigurationError: when the folder cannot be written.
    """

    def collect(uow: UnitOfWork) -> Overlay:
        require_everywhere(uow, RIGHT)
        return read_overlay(uow.connection)

    contents = contents_of(runtime.read(collect, actor))
    written = []
    try:
        for name, content in contents.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(to_yaml(content), encoding="utf-8")
            written.append(path)
    except OSError as error:
        said = msg("{file} cannot be written: {why}.", file=error.filename or folder, why=error.strerror or str(error))
        raise ConfigurationError(said) from error
    return written


def contents_of(overlay: Overlay) -> dict[str, dict[str, Any]]:
    """File name → its content, as plain values."""
    contents = {f"{TYPES}/{one.type_name}.yaml": _plain(one) for one in overlay.additions if one.kind == "type"}
    for one in overlay.additions:
        if one.kind == "field":
            content = contents.setdefault(f"{FIELDS}/{one.type_name}.yaml", {"entity": one.type_name, "fields": {}})
            content["fields"][one.key] = _plain(one)
            for former in one.former:
                content.setdefault("renamed", {})[former] = one.key
    return contents


def _plain(one: Addition) -> dict[str, Any]:
    # Through the text that is stored, which turns exact decimals into what YAML has words for.
    return from_text(to_text(one.declaration))


def to_yaml(content: Mapping[str, Any]) -> str:
    """A declaration as a file that people can read."""
    numbers_as_written = _numbers(content)
    return yaml.dump(numbers_as_written, Dumper=_Writer, allow_unicode=True, sort_keys=False, width=120)


def _numbers(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _numbers(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_numbers(one) for one in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else float(value)
