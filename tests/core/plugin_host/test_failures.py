# SPDX-License-Identifier: Apache-2.0
"""A failing plugin is left out of what is shown, stops what it has to decide, and takes nothing else with it."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.core.plugin_host.conftest import Clock, Strangers
from xrm.errors import InvalidInput, PermissionDenied, PluginError
from xrm.plugin_host.contributions import EntityChange, Panel
from xrm.plugin_host.discovery import discover_plugins
from xrm.plugin_host.hookspecs import HOOKS
from xrm.plugin_host.host import PluginHost

SHOWN = {hook for hook, rule in HOOKS.items() if rule.on_failure == "left_out"}
DECIDING = {hook for hook, rule in HOOKS.items() if rule.on_failure == "stops_work"}
HIDING = {hook for hook, rule in HOOKS.items() if rule.on_failure == "hides"}  # tests/core/access/test_narrowing.py
ARGUMENTS = {
    "panels": "uow, entity", "actions": "uow, entity", "menu_items": "uow", "dashboard_cards": "uow", "health_checks": "uow",
    "validate_entities": "uow, changes", "narrow_visibility": "uow, types",
}
RAISED = (
    "Exception('x')", "SystemExit(1)", "RecursionError()", "MemoryError()", "GeneratorExit()", "StopIteration()",
    "KeyboardInterrupt()",
)
RETURNED = ("42", "'text'", "[42]", "{}", "(value for value in ())")
SABOTAGE = [f"raise {error}" for error in RAISED] + [f"return {value}" for value in RETURNED]

GOOD = {
    "panels": "Panel('good', 'Good')", "actions": "Action('good', 'Good', link=Link('a', url='/a'))",
    "menu_items": "MenuItem('good', Link('a', url='/a'))", "dashboard_cards": "Card('good', 'Good')",
    "health_checks": "HealthCheck('good', 'Good', 'good', 'Fine')",
}


def implementation(hook: str, body: str) -> str:
    return f"@hookimpl\ndef {hook}({ARGUMENTS[hook]}):\n    {body}\n"


def arguments(hook: str) -> dict[str, Any]:
    return dict.fromkeys(ARGUMENTS[hook].split(", "))


def in_thread(function: object) -> object:
    """What the function gives in a thread of its own, as in a web server, where Ctrl-C never arrives."""
    result: list[object] = []

    def run() -> None:
        try:
            result.append(function())  # type: ignore[operator]
        except PluginError as error:
            result.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return result[0]


def test_every_hook_has_a_saboteur() -> None:
    assert {hook for hook in HOOKS if not hook.startswith("register_")} == set(ARGUMENTS) == SHOWN | DECIDING | HIDING


@pytest.mark.parametrize("sabotage", SABOTAGE)
@pytest.mark.parametrize("hook", sorted(SHOWN))
def test_a_saboteur_in_a_hook_for_display_is_left_out_and_named(strangers: Strangers, hook: str, sabotage: str) -> None:
    strangers.add("saboteur", implementation(hook, sabotage))
    strangers.add("worker", implementation(hook, f"return [{GOOD[hook]}]"))
    host = strangers.host()

    answers = in_thread(lambda: host.ask(hook, **arguments(hook)))

    assert [item.plugin for item in answers.items] == ["worker"]  # type: ignore[attr-defined]
    assert [(failure.plugin, failure.what) for failure in answers.failures] == [("saboteur", hook)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("sabotage", [*SABOTAGE, "return None"])
def test_a_saboteur_in_validation_stops_the_work(strangers: Strangers, sabotage: str) -> None:
    strangers.add("saboteur", implementation("validate_entities", sabotage))
    host = strangers.host()

    error = in_thread(lambda: host.ask("validate_entities", **arguments("validate_entities")))

    assert isinstance(error, PluginError)
    assert error.plugin == "saboteur"


def test_ctrl_c_of_a_person_ends_the_program(strangers: Strangers) -> None:
    strangers.add("ant", implementation("panels", "raise KeyboardInterrupt"))
    host = strangers.host()

    with pytest.raises(KeyboardInterrupt):
        host.ask("panels", uow=None, entity=None)

    assert host.watch.failures() == ()


def test_a_failure_is_in_the_log_under_its_reference(strangers: Strangers, caplog: pytest.LogCaptureFixture) -> None:
    strangers.add("ant", implementation("panels", "raise ValueError('a secret reason')"))
    host = strangers.host()

    with caplog.at_level(logging.ERROR, "xrm.plugins"):
        failure = host.ask("panels", uow=None, entity=None).failures[0]

    assert failure.reference in str(failure.message)
    assert "secret" not in str(failure.message)
    assert failure.reference in caplog.text
    assert "a secret reason" in caplog.text


def test_a_missing_right_shows_nothing_and_is_no_failure(strangers: Strangers) -> None:
    strangers.add("ant", implementation("panels", "raise PermissionDenied(msg('no'))"))
    host = strangers.host()

    answers = host.ask("panels", uow=None, entity=None)

    assert (answers.items, answers.failures, host.watch.failures()) == ((), (), ())


@pytest.mark.parametrize("error", [InvalidInput, PermissionDenied])
def test_a_refusal_on_purpose_in_validation_goes_through_as_it_is(strangers: Strangers, error: type[Exception]) -> None:
    strangers.add("ant", implementation("validate_entities", f"raise {error.__name__}(msg('not today'))"))
    host = strangers.host()

    with pytest.raises(error, match="not today"):
        host.ask("validate_entities", uow=None, changes=())

    assert host.watch.failures() == ()


def test_refusals_name_the_change(strangers: Strangers) -> None:
    strangers.add("ant", implementation("validate_entities", "return [Refusal(changes[1], msg('Too early.'), 'day')]"))
    changes = [EntityChange("hive", uuid.uuid4(), None, None, {"day": number}) for number in range(2)]

    refusal = strangers.host().ask("validate_entities", uow=None, changes=changes).values[0]

    assert (refusal.change, str(refusal.message), refusal.field) == (changes[1], "Too early.", "day")


def failing_host(strangers: Strangers, clock: Clock) -> PluginHost:
    strangers.add("ant", implementation("panels", "raise ValueError") + implementation("validate_entities", "return []"))
    strangers.add("bee", implementation("panels", "return [Panel('b', 'B')]"))
    return PluginHost(discover_plugins(packages=strangers.packages), clock=clock)


def test_the_third_failure_within_ten_minutes_puts_that_plugin_in_quarantine(strangers: Strangers, clock: Clock) -> None:
    host = failing_host(strangers, clock)
    for _ in range(3):
        host.ask("panels", uow=None, entity=None)
        clock.seconds += 200

    answers = host.ask("panels", uow=None, entity=None)

    assert host.watch.is_quarantined("ant")
    assert not host.watch.is_quarantined("bee")
    assert len(host.watch.failures("ant")) == 3
    assert [item.plugin for item in answers.items] == ["bee"]
    assert "paused" in str(answers.failures[0].message)


def test_three_failures_in_more_than_ten_minutes_are_no_reason_for_quarantine(strangers: Strangers, clock: Clock) -> None:
    host = failing_host(strangers, clock)
    for _ in range(5):
        host.ask("panels", uow=None, entity=None)
        clock.seconds += 301

    assert not host.watch.is_quarantined("ant")


def test_quarantine_does_not_open_what_a_plugin_guards(strangers: Strangers, clock: Clock) -> None:
    refuse = implementation("validate_entities", "return [Refusal(changes[0], msg('No.'))]")
    strangers.add("ant", implementation("panels", "raise ValueError") + refuse)
    host = PluginHost(discover_plugins(packages=strangers.packages), clock=clock)
    for _ in range(3):
        host.ask("panels", uow=None, entity=None)
    change = EntityChange("hive", uuid.uuid4(), None, None, {})

    assert host.watch.is_quarantined("ant")
    assert len(host.ask("validate_entities", uow=None, changes=[change]).values) == 1


def test_a_change_without_department_is_validated_by_all(strangers: Strangers) -> None:
    strangers.add("ant", implementation("validate_entities", "return [Refusal(changes[0], msg('No.'))]"))
    change = EntityChange("hive", uuid.uuid4(), None, None, {})

    assert len(strangers.host().ask("validate_entities", department=(), uow=None, changes=[change]).values) == 1


def test_a_released_plugin_takes_part_again(strangers: Strangers, clock: Clock) -> None:
    host = failing_host(strangers, clock)
    for _ in range(3):
        host.ask("panels", uow=None, entity=None)

    host.release("ant")

    assert not host.watch.is_quarantined("ant")
    assert host.ask("panels", uow=None, entity=None).failures[0].reference


def test_time_is_measured_per_plugin_and_hook(strangers: Strangers, clock: Clock) -> None:
    host = failing_host(strangers, clock)
    panel = Panel("slow", "Slow", build=lambda _uow: clock.pass_by(2))
    host.build("bee", panel, None)  # type: ignore[arg-type]
    host.ask("panels", uow=None, entity=None)

    timings = {(timing.plugin, timing.what): timing for timing in host.timings()}

    assert (timings["bee", "slow"].total, timings["bee", "slow"].longest, timings["bee", "slow"].calls) == (2, 2, 1)
    assert (timings["ant", "panels"].failures, timings["bee", "panels"].failures) == (1, 0)


@pytest.mark.parametrize("build", [lambda _uow: ["text"], lambda _uow: None, lambda _uow: 1 / 0])
def test_a_panel_built_late_that_fails_is_a_named_failure(strangers: Strangers, build: object) -> None:
    strangers.add("ant")
    host = strangers.host()

    with pytest.raises(PluginError) as caught:
        host.build("ant", Panel("late", "Late", build=build), None)  # type: ignore[arg-type]

    assert caught.value.plugin == "ant"


def test_other_code_of_a_plugin_is_called_with_the_same_care(strangers: Strangers) -> None:
    strangers.add("ant")
    host = strangers.host()

    assert host.call("ant", "sum", int, max, 1, 2) == 2
    with pytest.raises(PluginError):
        host.call("ant", "sum", str, max, 1, 2)
    with pytest.raises(PermissionDenied):
        host.call("ant", "sum", int, lambda: (_ for _ in ()).throw(PermissionDenied("no")))


def test_rows_that_a_plugin_yields_arrive_until_it_fails(strangers: Strangers) -> None:
    strangers.add("ant")

    def rows() -> Iterator[int]:
        yield from (1, 2)
        raise ValueError

    stream = strangers.host().stream("ant", "score", rows)

    assert [next(stream), next(stream)] == [1, 2]
    with pytest.raises(PluginError):
        next(stream)


def test_mistakes_in_files_are_logged_in_a_line_each_without_traceback(
    strangers: Strangers, caplog: pytest.LogCaptureFixture
) -> None:
    strangers.add("ant", files={"entities/hill.yaml": "entity: hill\nkind: recrod\nlabell: x\n"})

    with caplog.at_level(logging.ERROR, "xrm.plugins"):
        host = strangers.host()

    problems = [str(problem) for problem in host.get("ant").problems]
    assert len(problems) >= 2
    assert [record.getMessage() for record in caplog.records] == [f"plugin ant is off: {problem}" for problem in problems]
    assert all(record.exc_info is None for record in caplog.records)
