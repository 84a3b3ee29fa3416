# SPDX-License-Identifier: Apache-2.0
"""What a database said, in words that tell what to do."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from xrm.db.absent import explain_absent
from xrm.db.engine import is_missing, is_taken
from xrm.errors import ConfigurationError, Conflict, msg


def explain(error: DBAPIError) -> Exception:
    """Name what an operator can mend; everything else stays as it is."""
    text = str(error.orig)
    if isinstance(error, IntegrityError) and is_taken(error):
        return Conflict(msg("This exists already. Load the page again and look."), code="taken")
    if isinstance(error, IntegrityError) and "foreign key" in text.lower():
        gone = msg("Something that this refers to is not there any more. Load the page again and choose anew.")
        return Conflict(gone, code="gone")
    if is_missing(error):
        return ConfigurationError(explain_absent(text))
    if "unable to open database file" in text:
        closed = msg("The database file cannot be opened. Run xrm init, or set XRM_HOME to the instance's folder.")
        return ConfigurationError(closed)
    if (isinstance(error, OperationalError) and error.connection_invalidated) or "connection failed" in text:
        return ConfigurationError(msg("The database does not answer. Check that it runs and that XRM_DATABASE_URL is right."))
    return error
