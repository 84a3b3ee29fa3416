# SPDX-License-Identifier: Apache-2.0
"""Permission sets: the list, a page for each with its matrix, changing with a preview first, copies, the way back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from xrm.access.directory import count_grants, list_grants
from xrm.access.limits import EVERYTHING, missing_right
from xrm.access.permission_sets import (
    change_permission_set,
    copy_permission_set,
    delete_permission_set,
    find_set,
    restore_permission_set,
)
from xrm.access.policy import require, require_everywhere
from xrm.access.previewing import preview_set
from xrm.access.service import SHIPPED_SETS, create_permission_set
from xrm.access.users import PermissionSet, list_permission_sets
from xrm.errors import Conflict, InvalidInput, XrmError
from xrm.factors.queries import count_without_second
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.administration.answering import change_and_return, depth_names, is_everywhere, problems_of
from xrm_web.administration.matrix import matrix_of
from xrm_web.administration.previews import preview_rows
from xrm_web.i18n import gettext, text_of
from xrm_web.inputs import FieldInput
from xrm_web.security import signed_in

blueprint = Blueprint("admin_sets", __name__, url_prefix="/admin/permission-sets")
RIGHT = "user:administer"
MOST_GRANTS = 200


@blueprint.get("")
@signed_in
def show_all() -> ResponseReturnValue:
    """All sets: what can be granted is known to everybody who grants."""

    def find(uow: UnitOfWork) -> dict[str, Any]:
        require(uow, RIGHT)
        sets = [(one, _origin(one)) for one in list_permission_sets(uow)]
        return {"sets": sets, "counts": count_grants(uow), "everywhere": is_everywhere(uow)}

    return render_template("admin/permission_sets.html", **sessions.read(find))


def _origin(one: PermissionSet) -> str:
    if one.key not in SHIPPED_SETS:
        return "own"
    return "shipped" if set(one.permissions) == set(SHIPPED_SETS[one.key][2]) else "changed"


@blueprint.get("/new")
@signed_in
def show_new() -> ResponseReturnValue:
    """The form of a new set, or of a copy (``?of=``)."""
    return _new_form({"of": request.args.get("of", "")})


@blueprint.post("/new")
@signed_in
def create() -> ResponseReturnValue:
    """Make it."""
    sent = {key: request.form.get(key, "") for key in ("key", "label_en", "label_fr", "of")}
    label = {"en": sent["label_en"], "fr": sent["label_fr"]}

    def make(uow: UnitOfWork) -> None:
        if sent["of"]:
            copy_permission_set(uow, sent["of"], sent["key"], label)
        else:
            create_permission_set(uow, sent["key"], label, ())

    try:
        sessions.write(make)
    except (InvalidInput, Conflict) as error:
        return _new_form(sent, error)
    flash(gettext("The permission set is there. Choose what it holds."))
    return redirect(url_for(".show_edit", key=sent["key"]), 303)


def _new_form(sent: dict[str, str], error: XrmError | None = None) -> ResponseReturnValue:
    def find(uow: UnitOfWork) -> dict[str, Any]:
        require_everywhere(uow, RIGHT)
        return {"of": find_set(uow, sent["of"]) if sent["of"] else None}

    inputs = (
        *_label_inputs(sent.get("label_en", ""), sent.get("label_fr", "")),
        FieldInput(name="key", kind="text", label=gettext("Key"), value=sent.get("key", ""), required=True, length=60,
                   help=gettext("For scripts and the command line: small letters, digits and _. It stays as it is.")),
    )
    page = render_template(
        "admin/permission_set_new.html", **sessions.read(find), inputs=inputs, problems=problems_of(error) if error else []
    )
    return page, 422 if error else 200


def _label_inputs(english: str, french: str) -> tuple[FieldInput, ...]:
    return (
        FieldInput(name="label_en", kind="text", label=gettext("Name in English"), value=english, length=80),
        FieldInput(name="label_fr", kind="text", label=gettext("Name in French"), value=french, length=80),
    )


def _second_input(*, is_on: bool) -> FieldInput:
    return FieldInput(
        name="second_factor", kind="checkbox", label=gettext("Needs a second factor"), value="true" if is_on else "",
        help=gettext("Whoever has this set is asked at the next sign-in by password to set one up. API tokens go on working."),
    )


@blueprint.get("/<key>")
@signed_in
def show(key: str) -> ResponseReturnValue:
    """One set: its matrix, and who has it."""

    def find(uow: UnitOfWork) -> dict[str, Any]:
        require(uow, RIGHT)
        one = find_set(uow, key)
        grants = list_grants(uow, set_key=key, limit=MOST_GRANTS + 1)
        everywhere = is_everywhere(uow)
        may_change = everywhere and missing_right(uow, one.permissions, None, "all") is None
        return {
            "one": one, "matrix": matrix_of(uow.registry, one.permissions, request.args.getlist("open")),
            "grants": grants[:MOST_GRANTS], "has_more": len(grants) > MOST_GRANTS, "depths": depth_names(),
            "may_change": may_change, "origin": _origin(PermissionSet(key, dict(one.label), one.permissions)),
            "everywhere": everywhere, "without_second": count_without_second(uow, one.id) if everywhere else 0,
            "is_strong": EVERYTHING in one.permissions,
        }

    return render_template("admin/permission_set.html", **sessions.read(find))


@blueprint.get("/<key>/edit")
@signed_in
def show_edit(key: str) -> ResponseReturnValue:
    """The matrix as a form."""
    return _edit_form(key)


@blueprint.post("/<key>/edit")
@signed_in
def show_again(key: str) -> ResponseReturnValue:
    """The matrix as a form with what was chosen: the way back from the preview."""
    return _edit_form(key, _sent())


@blueprint.post("/<key>/preview")
@signed_in
def preview(key: str) -> ResponseReturnValue:
    """What the chosen permissions would do; nothing is saved."""
    sent = _sent()

    def find(uow: UnitOfWork) -> dict[str, Any]:
        one = find_set(uow, key)
        rows = preview_rows(uow, preview_set(uow, key, sent["permissions"]))
        renamed = any(sent[f"label_{code}"] and sent[f"label_{code}"] != one.label[code] for code in ("en", "fr"))
        asks = sent["second_factor"] if sent["second_factor"] not in (None, one.second_factor) else None
        return {"one": one, "rows": rows, "renamed": renamed, "asks": asks, "without_second": count_without_second(uow, one.id)}

    try:
        found = sessions.read(find)
    except InvalidInput as error:
        return _edit_form(key, sent, error)
    return render_template("admin/permission_set_preview.html", **found, sent=sent)


@blueprint.post("/<key>")
@signed_in
def save(key: str) -> ResponseReturnValue:
    """Save what was previewed."""
    sent = _sent()
    label = {"en": sent["label_en"], "fr": sent["label_fr"]}
    asked = sent["second_factor"]
    try:
        return change_and_return(
            lambda uow: change_permission_set(uow, key, sent["permissions"], label, second_factor=asked),
            gettext("Saved; it holds from the next click of everybody who has it"), url_for(".show", key=key),
        )
    except (InvalidInput, Conflict) as error:
        return _edit_form(key, sent, error)


@blueprint.post("/<key>/restore")
@signed_in
def restore(key: str) -> ResponseReturnValue:
    """Make it hold again what it was shipped with."""
    said = gettext("It holds again what it came with")
    return change_and_return(lambda uow: restore_permission_set(uow, key), said, url_for(".show", key=key))


@blueprint.post("/<key>/delete")
@signed_in
def remove(key: str) -> ResponseReturnValue:
    """Delete it, when nobody has it."""
    said = gettext("Permission set deleted")
    return change_and_return(lambda uow: delete_permission_set(uow, key), said, url_for(".show_all"))


def _sent() -> dict[str, Any]:
    return {
        "permissions": sorted(set(request.form.getlist("permission"))), "label_en": request.form.get("label_en", ""),
        "label_fr": request.form.get("label_fr", ""), "second_factor": _sent_second(),
    }


def _sent_second() -> bool | None:
    # A form that did not show it says nothing about it.
    return request.form.get("second_factor") == "true" if "second_factor__shown" in request.form else None


def _edit_form(key: str, sent: dict[str, Any] | None = None, error: XrmError | None = None) -> ResponseReturnValue:
    def find(uow: UnitOfWork) -> dict[str, Any]:
        require_everywhere(uow, RIGHT)
        one = find_set(uow, key)
        held = one.permissions if sent is None else sent["permissions"]
        asks = one.second_factor if sent is None or sent["second_factor"] is None else sent["second_factor"]
        matrix = matrix_of(uow.registry, held, request.values.getlist("open"))
        return {"one": one, "matrix": matrix, "second_factor": _second_input(is_on=asks)}

    found = sessions.read(find)
    label = found["one"].label
    inputs = _label_inputs(*((sent["label_en"], sent["label_fr"]) if sent else (label["en"], label["fr"])))
    problems = problems_of(error) if error else []
    page = render_template(
        "admin/permission_set_edit.html", **found, inputs=inputs, title_of=text_of(label), problems=problems
    )
    return page, (409 if isinstance(error, Conflict) else 422) if error else 200
