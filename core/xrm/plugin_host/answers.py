# SPDX-License-Identifier: Apache-2.0
"""What plugins answered, and whether it is what they were asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from xrm.plugin_host.blocks import Block
from xrm.plugin_host.guard import WrongAnswer
from xrm.plugin_host.watch import Failure

Result = TypeVar("Result")


@dataclass(frozen=True)
class Answer:
    """One thing a plugin returned from a hook."""

    plugin: str
    value: Any


@dataclass(frozen=True)
class Answers:
    """What the plugins returned, in their order, and which of them failed."""

    items: tuple[Answer, ...] = ()
    failures: tuple[Failure, ...] = ()

    def __iter__(self) -> Iterator[Answer]:
        return iter(self.items)

    @property
    def values(self) -> tuple[Any, ...]:
        """The returned things without their plugin."""
        return tuple(item.value for item in self.items)


def checked_list(hook: str, values: Any, returns: type) -> list[Any]:
    """The list a hook returned, if it is one and holds nothing else than ``returns``.

    Raises:
        WrongAnswer: saying what came instead.
    """
    if not isinstance(values, (list, tuple)):
        raise WrongAnswer(f"{hook} returned {type(values).__name__} instead of a list of {returns.__name__}")
    for value in values:
        if not isinstance(value, returns):
            raise WrongAnswer(f"{hook} returned a list with {type(value).__name__} instead of {returns.__name__}")
    return list(values)


def checked(value: Result, returns: type[Result]) -> Result:
    """The value, if it is what was asked for.

    Raises:
        WrongAnswer: saying what came instead.
    """
    if not isinstance(value, returns):
        raise WrongAnswer(f"it returned {type(value).__name__} instead of {returns.__name__}")
    return value


def checked_blocks(blocks: Any) -> tuple[Block, ...]:
    """The blocks, if they are nothing else.

    Raises:
        WrongAnswer: saying what came instead.
    """
    if not isinstance(blocks, (list, tuple)):
        raise WrongAnswer(f"it returned {type(blocks).__name__} instead of a list of blocks")
    for block in blocks:
        if not isinstance(block, get_args(Block)):
            raise WrongAnswer(f"it returned {type(block).__name__} instead of a block")
    return tuple(blocks)
