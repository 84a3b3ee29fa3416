# SPDX-License-Identifier: Apache-2.0
"""Compiled templates kept in the instance's folder, so that the first page of a new process need not compile them."""

from __future__ import annotations

import hmac
import importlib.metadata
import logging
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from flask import Flask
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

from xrm.settings import Settings

FOLDER = Path("cache") / "templates"
SEAL = 32  # bytes
PACKAGES = ("xrm", "jinja2")

logger = logging.getLogger("xrm.web")


class SealedTemplates(BytecodeCache):
    """Compiled templates as files, each behind a seal that only this instance's secret can make.

    What they hold is run, so a file that was written by somebody else, for another template, or before an upgrade is not
    even looked into: it counts as absent and is written anew. A folder that cannot be written is left alone after one try.
    """

    def __init__(self, folder: Path, secret_key: str, identity: str) -> None:
        self._folder = folder
        self._secret = secret_key.encode()
        self._identity = identity
        self._is_writable = True

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket from its file, if that is ours."""
        with suppress(OSError):
            data = (self._folder / bucket.key).read_bytes()
            if hmac.compare_digest(data[:SEAL], self._seal(bucket, data[SEAL:])):
                bucket.bytecode_from_string(data[SEAL:])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write the bucket's file, whole or not at all."""
        if not self._is_writable:
            return
        data = bucket.bytecode_to_string()
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._write(bucket.key, self._seal(bucket, data) + data)
        except OSError as error:
            self._is_writable = False
            logger.warning("Compiled templates are not kept, so each start takes longer: %s", error)

    def _write(self, name: str, data: bytes) -> None:
        # Another process may be reading the file, or writing the same one.
        descriptor, draft = tempfile.mkstemp(dir=self._folder)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
            Path(draft).replace(self._folder / name)
        except OSError:
            Path(draft).unlink(missing_ok=True)
            raise

    def _seal(self, bucket: Bucket, data: bytes) -> bytes:
        return hmac.digest(self._secret, f"template {self._identity} {bucket.key} ".encode() + data, "sha256")


def init_template_cache(app: Flask, settings: Settings) -> None:
    """Keep compiled templates in the instance's folder; to be called when all filters are there."""
    identity = " ".join([*map(_version, PACKAGES), _compiler_of(app.jinja_env)])
    with suppress(OSError):  # told when the first template is written
        (settings.home / FOLDER.parent).mkdir(mode=0o700, exist_ok=True)
    app.jinja_env.bytecode_cache = SealedTemplates(settings.home / FOLDER, settings.secret_key, identity)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "0"


def _compiler_of(environment: Environment) -> str:
    """What else the compiled form of a template depends on: options, extensions, and how filters and tests are called."""
    called = {**environment.filters, **environment.tests}
    return repr((
        environment.trim_blocks, environment.lstrip_blocks, sorted(environment.extensions),
        sorted((name, str(getattr(function, "jinja_pass_arg", ""))) for name, function in called.items()),
    ))
