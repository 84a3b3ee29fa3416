# SPDX-License-Identifier: Apache-2.0
"""Health and repairs: what is broken or deserves attention, plugins in quarantine and their failures, and what costs time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from xrm.access.policy import require_everywhere, scope
from xrm.errors import InvalidInput
from xrm.health.checks import Ground
from xrm.health.examination import examine, snoozed
from xrm.health.findings import HealthFinding
from xrm.health.registry import CHECKS
from xrm.health.repairs import repair
from xrm.health.service import snooze_finding, wake_finding
from xrm.plugin_host.quarantine import Quarantined, incidents_of, list_quarantined, process_name
from xrm.plugin_host.service import release_plugin
from xrm.plugin_host.watch import Timing
from xrm.unit_of_work import UnitOfWork
from xrm_web import sessions
from xrm_web.assets import icon_names
from xrm_web.i18n import format_number, gettext, translate
from xrm_web.security import signed_in

blueprint = Blueprint("admin_health", __name__)
MOST_TIMINGS = 12
MOST_FAILURES = 10


@dataclass(frozen=True)
class Known:
    """What is read from the database for the page."""

    quarantined: dict[str, Quarantined]
    asleep: dict[str, tuple[datetime, str]]
    may_release: bool


@dataclass(frozen=True)
class TimingRow:
    """What one plugin costs in one hook, ready to draw."""

    plugin: str
    what: str
    calls: str
    mean: str
    longest: str
    slow: int
    failures: int


@blueprint.get("/admin/health")
@signed_in
def show() -> ResponseReturnValue:
    """All that is wrong, with cause and remedy."""
    return _page()


def _page(problems: list[str] | None = None, status: int = 200) -> ResponseReturnValue:
    known = sessions.read(_known)
    runtime = sessions.runtime()
    found = examine(Ground(runtime, icon_names()))
    wrong = [one for one in found if one.state != "good" and not _is_quarantine(one)]
    last = runtime.host.watch.failures()[:MOST_FAILURES]
    failures = [(one.plugin, incident) for one in last for incident in incidents_of((one,))]
    page = render_template(
        "admin/health.html", findings=[one for one in wrong if one.key not in known.asleep],
        asleep=[(one, *known.asleep[one.key]) for one in wrong if one.key in known.asleep],
        in_order=[one for one in found if one.state == "good"], deep=[one for one in CHECKS if one.is_deep],
        quarantined=list(known.quarantined.values()), may_release=known.may_release, failures=failures, problems=problems or [],
        timings=[_timing_row(one) for one in _while_serving(runtime.host.timings())], process=process_name(), translate=translate,
        moment=datetime.fromisoformat, is_safe=runtime.host.is_safe,
    )
    return page, status


def _known(uow: UnitOfWork) -> Known:
    require_everywhere(uow, "instance:administer")
    return Known(list_quarantined(uow.connection), snoozed(uow), scope(uow, "plugin", "administer").is_everywhere)


def _is_quarantine(finding: HealthFinding) -> bool:
    return finding.by == "quarantine"  # a box of its own


def _while_serving(timings: Iterable[Timing]) -> list[Timing]:
    """The most expensive ones, without what was asked once at the start."""
    return [one for one in timings if one.what != "start" and not one.what.startswith("register_")][:MOST_TIMINGS]


def _timing_row(one: Timing) -> TimingRow:
    mean, longest = _milliseconds(one.mean), _milliseconds(one.longest)
    return TimingRow(one.plugin, one.what, format_number(one.calls), mean, longest, one.slow, one.failures)


def _milliseconds(seconds: float) -> str:
    return f"{format_number(round(seconds * 1000, 1))} ms"


@blueprint.post("/admin/health/release")
@signed_in
def release() -> ResponseReturnValue:
    """Let a plugin take part again."""
    plugin = request.form.get("plugin", "")
    sessions.write(lambda uow: release_plugin(uow, plugin))
    sessions.runtime().host.release(plugin)
    flash(gettext("%(plugin)s takes part again", plugin=plugin))
    return redirect(url_for("admin_health.show"), 303)


@blueprint.post("/admin/health/fix")
@signed_in
def fix() -> ResponseReturnValue:
    """Do a repair that loses nothing, and say what was before and what is now."""
    done = repair(sessions.runtime(), request.form.get("fix", ""), sessions.actor())
    for one in done:
        flash(translate(one.message))
    if not done:
        flash(gettext("There was nothing to repair any more"))
    return redirect(url_for("admin_health.show"), 303)


@blueprint.post("/admin/health/snooze")
@signed_in
def snooze() -> ResponseReturnValue:
    """Put a finding off, with a reason; without one the page says what is missing."""
    check, days, reason = request.form.get("check", ""), request.form.get("days", ""), request.form.get("reason", "")
    try:
        # What is no number is as wrong as none, and the service says what to write.
        number = int(days) if days.isdecimal() else 0
        sessions.write(lambda uow: snooze_finding(uow, check, days=number, reason=reason))
    except InvalidInput as error:
        return _page([translate(one.message) for one in error.problems], 422)
    flash(gettext("It is shown again in %(days)s days", days=days))
    return redirect(url_for("admin_health.show"), 303)


@blueprint.post("/admin/health/wake")
@signed_in
def wake() -> ResponseReturnValue:
    """Show a finding again."""
    check = request.form.get("check", "")
    sessions.write(lambda uow: wake_finding(uow, check))
    return redirect(url_for("admin_health.show"), 303)
