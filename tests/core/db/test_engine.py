# SPDX-License-Identifier: Apache-2.0
"""What errors of the database say, and what they keep to themselves."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from xrm.db.engine import open_engine


def test_a63_an_error_of_the_database_holds_nothing_that_was_sent(database_url: str) -> None:
    engine = open_engine(database_url)
    with engine.connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text("SELECT :value FROM no_such_table"), {"value": "a secret of somebody"})
    engine.dispose()

    assert "a secret of somebody" not in f"{caught.value}{caught.value!r}"
    assert "no_such_table" in str(caught.value)
