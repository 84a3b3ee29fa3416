# SPDX-License-Identifier: Apache-2.0
"""A table or column that is not there is named with the plugin whose it is, whatever the database calls it."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from xrm.db.absent import explain_absent
from xrm.runtime import Runtime

STATEMENTS = {
    "SELECT 1 FROM bees__hive": ("bees__hive", "plugin bees"),
    "SELECT bees FROM entity": ("bees", ""),
    "SELECT base__customer.bees FROM base__customer": ("base__customer.bees", "plugin base"),
    "INSERT INTO base__customer (bees) VALUES (1)": ("base__customer.bees", "plugin base"),
    "SELECT 1 FROM nowhere": ("nowhere", ""),
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_what_is_not_there_is_named_with_its_plugin(runtime: Runtime, statement: str) -> None:
    with runtime.engine.connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text(statement))

    told = str(explain_absent(str(caught.value.orig)))

    name, plugin = STATEMENTS[statement]
    assert name in told
    assert plugin in told
    assert ("plugin" in told) is bool(plugin)
    assert "xrm schema apply" in told
