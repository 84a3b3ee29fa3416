# SPDX-License-Identifier: Apache-2.0
"""The one table from what went wrong to what the browser gets: a status and a designed page, or a fragment for htmx."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass

from flask import Flask, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError

from xrm.access.remedies import who_can_give
from xrm.errors import (
    ConfigurationError,
    Conflict,
    InvalidInput,
    NotFound,
    PermissionDenied,
    PluginError,
    Problem,
    XrmError,
)
from xrm.runtime import READ_ONLY
from xrm_web import sessions
from xrm_web.api_requests import problem
from xrm_web.i18n import gettext, translate
from xrm_web.kept_form import kept_form
from xrm_web.sessions import Visitor

logger = logging.getLogger("xrm.web")
API = "/api/"
CODES = {400: "bad_request", 403: "denied", 404: "not_found", 405: "method_not_allowed", 409: "conflict", 422: "invalid_input",
         500: "fault", 503: "unavailable"}  # in all languages the same

STATUS: dict[type[XrmError], int] = {
    NotFound: 404,
    PermissionDenied: 403,
    InvalidInput: 422,
    Conflict: 409,
    PluginError: 503,
    ConfigurationError: 503,
}


@dataclass(frozen=True)
class ErrorPage:
    """What an error page says: the status, a title, sentences, and a reference for 500."""

    status: int
    title: str
    text: str
    icon: str = "circle-alert"
    problems: tuple[Problem, ...] = ()
    reference: str = ""
    whom: tuple[str, ...] = ()  # people who can give the right that is missing


def status_of(error: XrmError) -> int:
    """The HTTP status of an error of core."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 400)


def texts_of(status: int) -> tuple[str, str, str]:
    """Title, sentence and icon of a status."""
    return {
        400: (gettext("This request cannot be read"), gettext("Go back and try again."), "circle-alert"),
        401: (gettext("Your session has ended"), gettext("Sign in again to go on."), "lock"),
        403: (gettext("You may not do this"), gettext("Ask an administrator for the right."), "shield"),
        404: (
            gettext("There is nothing here"),
            gettext("The page does not exist, or you may not see it. It may have been deleted or merged."),
            "search",
        ),
        405: (gettext("This page does not take that"), gettext("Go back and use the button of the form."), "ban"),
        409: (
            gettext("Somebody else was faster"),
            gettext("What you wanted to change has changed in the meantime. Look at it again, then repeat your change."),
            "git-merge",
        ),
        413: (gettext("This is too large"), gettext("Send a smaller file, or several."), "upload"),
        422: (gettext("Something is not right yet"), gettext("Correct what is named below and save again."), "circle-alert"),
        429: (gettext("Too many attempts"), gettext("Wait a minute, then try again."), "timer"),
        503: (gettext("Not available right now"), gettext("Try again in a moment."), "plug"),
    }.get(
        status,
        (
            gettext("Something went wrong on our side"),
            gettext("What you entered was not saved. Try again; if it happens again, give the reference to an administrator."),
            "triangle-alert",
        ),
    )


def answer(page: ErrorPage) -> ResponseReturnValue:
    """The page, or for htmx only its box, which lands in the toast area."""
    if request.path.startswith(API):
        said = " ".join(filter(None, (page.text, *(translate(one.message) for one in page.problems))))
        return problem(page.status, CODES.get(page.status, "refused"), page.title, said, page.reference)
    fragment = request.headers.get("HX-Request") == "true"
    response = make_response(render_template("errors/fragment.html" if fragment else "errors/page.html", page=page), page.status)
    if fragment:
        response.headers["HX-Retarget"] = "#toasts"
        response.headers["HX-Reswap"] = "beforeend"
    return response


def show_xrm_error(error: XrmError) -> ResponseReturnValue:
    """An error of core: its own message under the title of its status."""
    status = status_of(error)
    title, text, icon = texts_of(status)
    problems = tuple(error.problems) if isinstance(error, InvalidInput) else ()
    own = "" if problems else translate(error.message)
    if error.code == READ_ONLY:
        return answer(ErrorPage(status, gettext("Nothing can be saved right now"), own, "lock"))
    if isinstance(error, (ConfigurationError, PluginError)):
        # What it says is for the operator (paths, names of plugins), not for whoever happens to look.
        reference = log_with_reference(error)
        return answer(ErrorPage(status, title, text, icon, reference=reference))
    whom = people_to_ask(error) if isinstance(error, PermissionDenied) else ()
    return answer(ErrorPage(status, title, own or text, icon, problems, whom=whom))


def people_to_ask(error: PermissionDenied) -> tuple[str, ...]:
    """The names of those who can give the right that the error names, where it names one."""
    asked = error.message.params
    if "action" not in asked or error.code == "view_only" or visitor_or_nobody().actor is None:
        return ()
    try:
        return sessions.read(lambda uow: who_can_give(uow, str(asked.get("department", ""))))
    except XrmError:
        return ()  # the page of the error has to be shown, with or without names


def show_http_error(error: HTTPException) -> ResponseReturnValue:
    """An error of the request itself."""
    if isinstance(error, SecurityError) or (error.code is not None and error.code < 400):
        # A request for another host has no addresses to build a page with.
        return error.get_response()
    status = error.code or 500
    title, text, icon = texts_of(status)
    if isinstance(error, CSRFError):
        title, text = gettext("This form is too old"), gettext("Go back, load the page again and repeat your change.")
    if isinstance(error, CSRFError) or status == 401:
        kept = show_kept(status)
        if kept is not None:
            return kept
    return answer(ErrorPage(status, title, text, icon))


def show_kept(status: int) -> ResponseReturnValue | None:
    """What was typed, to be sent again; None for htmx, whose page still has it, and for what another site sent."""
    kept = None if request.headers.get("HX-Request") == "true" else kept_form()
    if kept is None:
        return None
    if visitor_or_nobody().actor is None:
        title = gettext("Your session has ended")
        text = gettext("Nothing was saved yet, and what you typed is kept below. Sign in in another tab, then go on here.")
        page = ErrorPage(status, title, text, "lock")
    else:
        title = gettext("Send this again")
        text = gettext("Nothing was saved yet, because the form was too old. Look at what you typed, then send it again.")
        page = ErrorPage(status, title, text, "history")
    return make_response(render_template("errors/kept.html", page=page, kept=kept), status)


def show_unexpected(error: InternalServerError) -> ResponseReturnValue:
    """A fault of ours: a reference on the page, all else in the log."""
    title, text, icon = texts_of(500)
    reference = log_with_reference(error.original_exception or error)
    return answer(ErrorPage(500, title, text, icon, reference=reference))


def log_with_reference(error: BaseException) -> str:
    """Write the error to the log under a short reference, and return that."""
    reference = secrets.token_hex(4)
    logger.error("request_failed reference=%s method=%s path=%r", reference, request.method, request.path, exc_info=error)
    return reference


def init_errors(app: Flask) -> None:
    """Answer every error with a page of ours."""
    app.register_error_handler(XrmError, show_xrm_error)
    app.register_error_handler(HTTPException, show_http_error)
    app.register_error_handler(InternalServerError, show_unexpected)


def visitor_or_nobody() -> Visitor:
    """Who asks; nobody when the error came before we knew."""
    found: Visitor = g.get("visitor") or Visitor()
    return found
