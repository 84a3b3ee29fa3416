# SPDX-License-Identifier: Apache-2.0
"""Routes whose builder of addresses is compiled when the first address is asked of it: a start compiles none of some hundreds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.routing import Rule


class LateRule(Rule):
    """A route like any other, quicker to make. A process asks addresses of a few of its routes only."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        # Not public in werkzeug: under another name this is not called, and routes are compiled at the start again.
        compile_now = super()._compile_builder
        compiled: Callable[..., tuple[str, str]] | None = None

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            nonlocal compiled
            if compiled is None:
                compiled = compile_now(append_unknown)
            return compiled(rule, **values)

        return build


def init_late_rules(app: Flask) -> None:
    """Make the routes that are added from here on compile late."""
    app.url_rule_class = LateRule
