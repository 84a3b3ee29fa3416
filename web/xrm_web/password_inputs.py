# SPDX-License-Identifier: Apache-2.0
"""The field for a new password, with the rule that is really held to."""

from __future__ import annotations

from xrm.access.passwords import shortest
from xrm_web import sessions
from xrm_web.i18n import gettext
from xrm_web.inputs import FieldInput


def new_password_input(name: str, label: str, *, problem: str = "", autofocus: bool = False) -> FieldInput:
    """A field in which a password is chosen; ``problem`` is what was wrong with the last one."""
    return FieldInput(
        name=name, kind="password", label=label, required=True, autocomplete="new-password", autofocus=autofocus,
        errors=(problem,) if problem else (),
        help=gettext(
            "At least %(least)s characters; three or four words at random are easily kept in mind.",
            least=shortest(sessions.runtime().settings),
        ),
    )
