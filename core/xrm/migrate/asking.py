# SPDX-License-Identifier: Apache-2.0
"""What a change of the schema is asked for: what is wanted, and what an operator may choose."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Table

from xrm.migrate.steps import Step
from xrm.migrate.turning import Tools

DAYS_TO_CONTRACT = 14


class Tables(Protocol):
    """The tables that are declared, as SQLAlchemy's MetaData gives them; complete when they are asked for."""

    @property
    def info(self) -> dict[Any, Any]:
        """What others noted about them."""

    @property
    def tables(self) -> Mapping[str, Table]:
        """By name."""

    @property
    def sorted_tables(self) -> list[Table]:
        """Each after those it refers to."""


@dataclass
class Wanted:
    """What is declared now."""

    metadata: Tables
    declarations: Mapping[str, Any]
    versions: Mapping[str, str] = field(default_factory=dict)  # of the plugins that are here
    tools: Tools = field(default_factory=Tools)
    away: Collection[str] = ()  # owners that are off, whose last declarations stand in for them
    overlay_number: int | None = None  # of the fields of administrators among it; None when it has none to speak of


@dataclass(frozen=True)
class Choices:
    """What an operator may choose.

    To do at once what waits for its day, or to leave it be whatever the day; kept fields (``table.key``) or tables to let go;
    one owner; the ``base`` of the plan that was looked at, so that no other one is run; and what else is to be done at the end
    of it.
    """

    contract_now: bool = False
    without_contract: bool = False
    pruned: Collection[str] = ()
    only: str = ""
    expected: str = ""
    closing: tuple[Step, ...] = ()
