# SPDX-License-Identifier: Apache-2.0
"""Which table or column a database does not have, read from what its driver says, and whose it is."""

from __future__ import annotations

import re

from xrm.errors import Message, msg

_TABLE = re.compile(r'no such table: (?:\w+\.)?(?P<table>\w+)|relation "(?:\w+\.)?(?P<relation>\w+)" does not exist')
_COLUMN = re.compile(
    r'no such column: "?(?:(?P<t1>\w+)\.)?(?P<c1>\w+)|table (?P<t2>\w+) has no column named (?P<c2>\w+)'
    r'|column "(?P<c3>\w+)" of relation "(?P<t3>\w+)" does not exist|column "?(?:(?P<t4>\w+)\.)?(?P<c4>\w+)"? does not exist'
)


def explain_absent(said: str) -> Message:
    """The sentence for what the driver said of a table or column that is not there: its name, its plugin, what to do."""
    table, column = _named(said)
    plugin = table.partition("__")[0] if "__" in table else ""
    what = f"{table}.{column}" if table and column else table or column
    if not what:
        return msg("The database has no tables yet, or older ones. Run: xrm schema apply")
    if column and plugin:
        return msg("The database has no column {what}, which the plugin {plugin} declares. Run xrm schema apply, and if nothing "
                   "waits, xrm doctor", what=what, plugin=plugin)
    if column:
        return msg("The database has no column {what}. Run xrm schema apply, and if nothing waits, xrm doctor", what=what)
    if plugin:
        return msg("The database has no table {what}, which the plugin {plugin} declares. Run xrm schema apply, and if nothing "
                   "waits, xrm doctor", what=what, plugin=plugin)
    return msg("The database has no table {what}. Run xrm schema apply, and if nothing waits, xrm doctor", what=what)


def _named(said: str) -> tuple[str, str]:
    found = _COLUMN.search(said)
    if found is not None:
        parts = {key: value or "" for key, value in found.groupdict().items()}
        return "".join(parts[f"t{number}"] for number in "1234"), "".join(parts[f"c{number}"] for number in "1234")
    found = _TABLE.search(said)
    return ((found["table"] or found["relation"]), "") if found is not None else ("", "")
