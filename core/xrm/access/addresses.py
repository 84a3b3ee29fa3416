# SPDX-License-Identifier: Apache-2.0
"""Addresses of logins: what can be one, and how it is kept."""

from __future__ import annotations

import unicodedata

from xrm.errors import InvalidInput, Problem, msg


def email_key(email: str) -> str:
    """What the address of a login is found by: the same however it is written, in another case or with look-alike letters."""
    folded = unicodedata.normalize("NFKC", email.strip()).casefold()
    return unicodedata.normalize("NFKC", folded)


def clean_email(email: str) -> str:
    """The address of a login as it is kept.

    Raises:
        InvalidInput: when it cannot be an address.
    """
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415  # slow to import, seldom needed

    try:
        return validate_email(email.strip(), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise InvalidInput([Problem("email", msg("{email} is no e-mail address: {why}", email=email, why=error))]) from error
