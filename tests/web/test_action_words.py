# SPDX-License-Identifier: Apache-2.0
"""Whatever the audit log keeps has words of its own, by which it can be looked for too."""

from __future__ import annotations

import re

from flask import Flask

from tests.architecture.tree import ROOT, files
from xrm_web.records.action_words import action_words

KEPT = re.compile(r'(?:record_audit|note)\(\s*uow,[^"]*?(?:"[a-z_]+",\s*)?"([a-z_]+\.[a-z_]+)"')


def test_every_action_that_is_kept_has_words(app: Flask) -> None:
    kept = {action for path in files(ROOT / "core", "*.py") for action in KEPT.findall(path.read_text(encoding="utf-8"))}

    with app.test_request_context("/"):
        words = action_words()

    assert len(kept) > 30
    assert sorted(kept - words.keys()) == []
