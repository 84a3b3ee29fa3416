# SPDX-License-Identifier: Apache-2.0
"""Help: shortcuts and first steps."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from xrm_web.i18n import gettext
from xrm_web.security import public

blueprint = Blueprint("help", __name__)


@blueprint.get("/help")
@public
def show() -> ResponseReturnValue:
    """Shortcuts by place, then the first steps."""
    return render_template("help.html", shortcuts=_shortcuts(), steps=_steps())


def _shortcuts() -> list[tuple[str, list[tuple[str, tuple[str, ...]]]]]:
    return [
        (
            gettext("Everywhere"),
            [
                (gettext("Search"), ("/",)),
                (gettext("Search, also from inside a field"), ("Ctrl", "K")),
                (gettext("Go to the home page"), ("g", "h")),
                (gettext("Open this help"), ("?",)),
                (gettext("Close what is open"), (gettext("Esc"),)),
            ],
        ),
        (
            gettext("In a list"),
            [
                (gettext("Next row"), ("j",)),
                (gettext("Previous row"), ("k",)),
                (gettext("Open the row"), ("o",)),
                (gettext("Select the row"), ("x",)),
                (gettext("Add"), ("c",)),
            ],
        ),
        (
            gettext("On a record"),
            [
                (gettext("Edit"), ("e",)),
                (gettext("Write a note"), ("n",)),
            ],
        ),
        (gettext("In a form"), [(gettext("Save"), ("Ctrl", gettext("Enter")))]),
    ]


def _steps() -> list[str]:
    return [
        gettext(
            "Find a person or an organization with the search at the top: a name, an e-mail address or a customer number will do."
        ),
        gettext("Open it: one page tells its roles, its contact points, its relationships and everything that was said."),
        gettext(
            "Write down what was said under “Timeline” and choose “Add to the timeline”; it appears with everybody who took part."
        ),
        gettext("Choose your department at the top left: lists then show what concerns it."),
    ]
