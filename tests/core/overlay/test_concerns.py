# SPDX-License-Identifier: Apache-2.0
"""What the new version of a plugin means for the fields that administrators added to its types, told before it is applied."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.access import add_user
from tests.factories.evolving import Evolving
from xrm.audit.models import audit_entry
from xrm.errors import NotFound, PermissionDenied
from xrm.migrate.upgrade import apply_changes, plan_for
from xrm.overlay.accepting import accept_changes
from xrm.overlay.concerns import Concern, find_concerns
from xrm.overlay.fields import add_field, retire_field
from xrm.overlay.queries import load_overlay
from xrm.runtime import Runtime
from xrm.unit_of_work import system_actor

pytestmark = pytest.mark.by_turns

NAME: dict[str, Any] = {"name": {"type": "text", "required": True}}
STATE = {"type": "choice", "choices": {"new": {"en": "New", "fr": "Neuf"}, "lost": {"en": "Lost", "fr": "Perdu"}}}
FIRST = {**NAME, "state": STATE, "port": {"type": "text"}}
DRAUGHT = {"type": "integer", "label": {"en": "Draught", "fr": "Tirant d'eau"}}
REASON = {"type": "text", "when": 'state == "lost"', "label": {"en": "Reason", "fr": "Raison"}}


def _first(evolving: Evolving, **added: dict[str, Any]) -> None:
    """The first version, with fields of administrators."""
    runtime = evolving.applied(FIRST)
    for key, declaration in added.items():
        add_field(runtime, evolving.admin, "vessel", key, declaration)


def _then(evolving: Evolving, fields: dict[str, Any], **more: Any) -> Runtime:
    """The program with the next version, which knows what administrators added; nothing is applied."""
    runtime = evolving.declare(fields, **more)
    runtime.follow(at_once=True)
    return runtime


def _concerns(runtime: Runtime) -> list[Concern]:
    return find_concerns(runtime, load_overlay(runtime.engine))


def test_a_version_that_touches_nothing_of_theirs_says_nothing(evolving: Evolving) -> None:
    _first(evolving, draught=DRAUGHT)

    runtime = _then(evolving, {**FIRST, "flag": {"type": "text"}}, icon="ship")

    assert _concerns(runtime) == []


@pytest.mark.parametrize(("key", "label"), [
    ("draught", {"en": "Depth below water", "fr": "Profondeur"}),
    ("depth", {"en": "DRAUGHT", "fr": "Profondeur"}),
    ("depth", {"en": "Depth", "fr": "Tirant d’eau".replace("’", "'")}),
])
def test_a_field_of_the_plugin_that_means_the_same_is_named(evolving: Evolving, key: str, label: dict[str, str]) -> None:
    _first(evolving, draught=DRAUGHT)

    (concern,) = _concerns(_then(evolving, {**FIRST, key: {"type": "integer", "label": label}}))

    assert (concern.key, concern.place, concern.then) == ("x_draught", f"fields.{key}", "")
    assert concern.now == f'{key} (integer, "{label["en"]}")'
    assert concern.yours == 'x_draught (integer, "Draught")'
    assert "xrm field retire vessel x_draught" in str(concern.said)


def test_choices_that_a_condition_of_theirs_names_are_shown_then_and_now(evolving: Evolving) -> None:
    _first(evolving, reason=REASON)
    choices = {"new": {"en": "New", "fr": "Neuf"}, "gone": {"en": "Gone", "fr": "Parti"}, "lost": {"en": "L", "fr": "P"}}

    (concern,) = _concerns(_then(evolving, {**FIRST, "state": {"type": "choice", "choices": choices}}))

    assert (concern.place, concern.then, concern.now) == ("fields.state.choices", "new, lost", "new, gone, lost")
    assert concern.yours == 'when: state == "lost"'


def test_choices_that_nothing_of_theirs_names_are_left_to_the_plugin(evolving: Evolving) -> None:
    _first(evolving, draught=DRAUGHT)

    choices = {"new": {"en": "New", "fr": "Neuf"}}

    assert _concerns(_then(evolving, {**FIRST, "state": {"type": "choice", "choices": choices}})) == []


def test_a_field_that_does_not_fit_any_more_is_named_before_anything_is_applied(evolving: Evolving) -> None:
    _first(evolving, reason=REASON, draught=DRAUGHT)

    runtime = _then(evolving, {key: field for key, field in FIRST.items() if key != "state"})
    concerns = _concerns(runtime)

    assert [(one.key, one.is_left_out) for one in concerns] == [("x_reason", True)]
    assert "does not fit any more" in str(concerns[0].said)
    assert "state" in str(concerns[0].said)
    assert "x_draught" in runtime.registry.get("vessel").fields


def test_a_section_and_a_list_that_are_gone_are_named_once(evolving: Evolving) -> None:
    page = {"sections": [{"label": {"en": "Papers", "fr": "Papiers"}, "fields": ["port"]}]}
    views = {"lost": {"label": {"en": "Lost", "fr": "Perdus"}, "columns": ["title"], "where": 'state == "lost"'}}
    runtime = evolving.applied(FIRST, page=page, views=views)
    for key in ("draught", "length"):
        add_field(runtime, evolving.admin, "vessel", key, {**DRAUGHT, "label": {"en": key, "fr": key}})

    concerns = _concerns(_then(evolving, FIRST))

    assert [(one.key, one.place, one.then) for one in concerns] == [("", "page.sections", "Papers"), ("", "views.lost", "lost")]


def test_what_was_marked_as_seen_is_not_shown_again_and_what_comes_later_is(evolving: Evolving) -> None:
    _first(evolving, draught=DRAUGHT)
    second = {**FIRST, "depth": {"type": "integer", "label": DRAUGHT["label"]}}
    runtime = _then(evolving, second)
    before = load_overlay(runtime.engine).number

    accepted = accept_changes(runtime, evolving.admin, "vessel")

    assert accepted == ["x_draught"]
    assert _concerns(runtime) == []
    assert accept_changes(runtime, evolving.admin, "vessel") == []
    assert load_overlay(runtime.engine).number == before
    third = _then(evolving, {**second, "draught": {"type": "integer"}})
    assert [one.place for one in _concerns(third)] == ["fields.draught"]
    with runtime.engine.connect() as connection:
        assert connection.scalar(select(audit_entry.c.actor_id).where(audit_entry.c.action == "schema.accepted"))


def test_one_field_is_marked_as_seen_and_the_others_are_not(evolving: Evolving) -> None:
    _first(evolving, draught=DRAUGHT, depth={**DRAUGHT, "label": {"en": "Depth", "fr": "Profondeur"}})
    runtime = _then(evolving, {**FIRST, "draught": {"type": "integer"}, "depth": {"type": "integer"}})

    assert accept_changes(runtime, evolving.admin, "vessel", "depth") == ["x_depth"]

    assert [one.key for one in _concerns(runtime)] == ["x_draught"]


def test_marking_needs_the_right_and_a_field_that_is_there(evolving: Evolving) -> None:
    _first(evolving, draught=DRAUGHT)
    runtime = _then(evolving, FIRST)
    somebody = runtime.write(lambda uow: add_user(uow, "s@example.org", {evolving.department: ["*:*"]}), system_actor())

    with pytest.raises(PermissionDenied):
        accept_changes(runtime, somebody, "vessel")
    with pytest.raises(NotFound, match="x_draught"):
        accept_changes(runtime, evolving.admin, "vessel", "draugt")


def test_retired_fields_concern_nobody(evolving: Evolving) -> None:
    _first(evolving, draught=DRAUGHT)
    runtime = _then(evolving, FIRST)
    retire_field(runtime, evolving.admin, "vessel", "draught")

    assert _concerns(_then(evolving, {**FIRST, "draught": {"type": "integer"}})) == []


def test_an_upgrade_of_the_plugin_leaves_theirs_as_they_are(evolving: Evolving) -> None:
    _first(evolving, draught=DRAUGHT)
    runtime = _then(evolving, {**NAME, "state": STATE, "harbour": {"type": "text"}}, renamed={"port": "harbour"}, revision=2)

    owners = {step.owner for step in plan_for(runtime.engine, runtime.registry).steps}
    apply_changes(runtime.engine, runtime.registry)
    evolving.create(runtime, {"name": "Aurora", "x_draught": 4})

    assert owners == {"fleet"}
    assert [row["x_draught"] for row in evolving.rows(runtime)] == [4]
    assert plan_for(runtime.engine, runtime.registry).steps == ()
