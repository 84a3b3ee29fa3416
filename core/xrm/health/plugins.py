# SPDX-License-Identifier: Apache-2.0
"""Checks of plugins: those that are off, in quarantine or unwell by their own account, and own fields that do not fit."""

from __future__ import annotations

from collections.abc import Iterator

from xrm.errors import Message, msg
from xrm.health.findings import HealthFinding
from xrm.plugin_host.blocks import Text
from xrm.plugin_host.quarantine import list_quarantined
from xrm.runtime import Runtime
from xrm.schema.model import Label
from xrm.unit_of_work import UnitOfWork


def check_plugins(runtime: Runtime) -> Iterator[HealthFinding]:
    """What keeps plugins, and the fields that administrators added, from taking part."""
    for plugin in runtime.host.plugins:
        if not plugin.is_on and plugin.status != "removed" and plugin.problem is not None:
            said = msg("The plugin {plugin} is off: {problem}", plugin=plugin.name, problem=plugin.problem.message)
            yield HealthFinding(f"plugin {plugin.name}", "bad", said,
                                msg("Mend what is named, or uninstall the plugin; everything else runs."))
    for misfit in runtime.misfits:
        named = ".".join(part for part in (misfit.addition.type_name, misfit.addition.key) if part)
        why = misfit.problems[0].message if misfit.problems else msg("It does not fit.")
        said = msg("Your own {field} is left out: {problem}", field=named, problem=why)
        yield HealthFinding(f"own field {named}", "bad", said,
                            msg("Change or retire it with xrm field; its data is kept."))


def check_quarantine(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """Plugins that failed too often."""
    for one in list_quarantined(uow.connection).values():
        yield HealthFinding(f"quarantine {one.plugin}", "bad",
                            msg("The plugin {plugin} is in quarantine: {reason}", plugin=one.plugin, reason=one.reason),
                            msg("Mend or update it, then let it take part again."))


def check_themselves(uow: UnitOfWork) -> Iterator[HealthFinding]:
    """What plugins find out about themselves."""
    answers = uow.host.ask("health_checks", uow=uow)
    for failure in answers.failures:
        if failure.reference:
            yield HealthFinding(f"plugin {failure.plugin}", "bad", failure.message, msg("Report it to the plugin's author."))
    for answer in answers:
        if answer.value.state != "good":
            yield HealthFinding(f"{answer.plugin}.{answer.value.key}", answer.value.state, _text(answer.value.message),
                                _text(answer.value.remedy) if answer.value.remedy else None)


def _text(text: Text) -> Message:
    return msg("{said}", said=text) if isinstance(text, Label) else msg("{said}", said=str(text))
