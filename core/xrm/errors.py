# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, in six kinds; every message says what, where and what to do.

A message is a ``Message``: English text with named places, translated at the edges (web, command line).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Message:
    """One sentence for a person: English text with ``{named}`` places, and what goes into them."""

    text: str
    params: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text.format(**self.params) if self.params else self.text


def msg(text: str, /, **params: Any) -> Message:
    """Mark an English sentence for translation and give the values of its places."""
    return Message(text, params)


@dataclass(frozen=True)
class Problem:
    """One thing wrong with an input: ``path`` names the field (``""`` for the whole), ``where`` the file and line."""

    path: str
    message: Message
    where: str = ""

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.path, str(self.message)) if part)


class XrmError(Exception):
    """The root of all errors the product raises on purpose; ``code`` is stable, ``message`` is for people."""

    code = "error"

    def __init__(self, message: Message | str, *, code: str | None = None) -> None:
        self.message = message if isinstance(message, Message) else Message(message.replace("{", "{{").replace("}", "}}"))
        if code is not None:
            self.code = code
        super().__init__(str(self.message))


class NotFound(XrmError):
    """What was asked for is not there, or not visible to who asks; the two are never told apart."""

    code = "not_found"


class PermissionDenied(XrmError):
    """The actor lacks a right."""

    code = "not_allowed"


class InvalidInput(XrmError):
    """The input cannot be taken; ``problems`` lists each field with its reason. Nothing was changed."""

    code = "invalid"

    def __init__(self, problems: Iterable[Problem] | Message | str) -> None:
        if isinstance(problems, (Message, str)):
            message = problems if isinstance(problems, Message) else Message("{text}", {"text": problems})
            problems = [Problem("", message)]
        self.problems = list(problems)
        super().__init__(Message("{text}", {"text": "\n".join(str(problem) for problem in self.problems)}))


class Conflict(XrmError):
    """Somebody else changed it in the meantime, or a rule of uniqueness or order forbids the change."""

    code = "conflict"


class PluginError(XrmError):
    """A plugin failed; ``plugin`` names it."""

    code = "plugin_error"

    def __init__(self, plugin: str, message: Message | str) -> None:
        self.plugin = plugin
        super().__init__(message)


class ConfigurationError(XrmError):
    """The installation is not set up rightly; the message says which file or variable to change."""

    code = "configuration"
