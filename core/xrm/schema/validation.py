# SPDX-License-Identifier: Apache-2.0
"""Raw input against a declaration: parsed values, or every problem with its field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xrm.errors import InvalidInput, Problem, msg
from xrm.schema.expressions import Clock
from xrm.schema.fields.base import InvalidValue, ParseContext
from xrm.schema.fields.computed import ComputedType
from xrm.schema.model import LANGUAGES, Field, Label, Stages
from xrm.schema.registry import Fielded
from xrm.schema.suggest import unknown


@dataclass(frozen=True)
class Situation:
    """What validation depends on beside the input: how to parse, the clock, the stage rules of the type if it has any."""

    context: ParseContext
    clock: Clock
    stages: Stages | None = None


def validate_new(fielded: Fielded, raw: Mapping[str, object], situation: Situation) -> dict[str, Any]:
    """The values of a new row: parsed, with defaults and formulas, every declared field present.

    Raises:
        InvalidInput: with each problem at its field.
    """
    given, problems = _parse(fielded, raw, situation.context)
    if fielded.reckons_defaults:
        values = {**fielded.empty_values, **given}
        for field in fielded.defaulting_fields:
            if field.key not in given:
                values[field.key] = _default(fielded, field, values, situation)
    else:
        values = {**fielded.empty_values, **fielded.declared_defaults(situation.context), **given}
    _drop_hidden(fielded, values, situation.clock)
    problems += [*_retired(fielded, given, {}), *_missing(fielded, values, situation.clock, {one.path for one in problems})]
    if problems:
        raise InvalidInput(problems)
    _compute(fielded, values, situation.clock)
    return values


def validate_change(
    fielded: Fielded, raw: Mapping[str, object], current: Mapping[str, Any], situation: Situation
) -> dict[str, Any]:
    """The values that really change, parsed; ``current`` has all values as they are.

    Raises:
        InvalidInput: with each problem at its field.
    """
    changes, problems = _parse(fielded, raw, situation.context)
    after = {**current, **changes}
    _drop_hidden(fielded, after, situation.clock)
    _compute(fielded, after, situation.clock)
    failed = {problem.path for problem in problems}
    if missing := _missing(fielded, after, situation.clock, failed):
        before_missing = {problem.path for problem in _missing(fielded, current, situation.clock, set())}
        # A row that lacked a value before the rule came stays editable elsewhere; what is sent now must satisfy it.
        problems += [problem for problem in missing if problem.path in raw or problem.path not in before_missing]
    problems += _retired(fielded, changes, current)
    if situation.stages is not None:
        problems += _check_move(fielded, situation.stages, current, after)
    if problems:
        raise InvalidInput(problems)
    if after == current:
        return {}
    # What is computed at reading is in ``after`` alone.
    return {key: after[key] for key in fielded.fields if key in current and after.get(key) != current[key]}


def _parse(fielded: Fielded, raw: Mapping[str, object], context: ParseContext) -> tuple[dict[str, Any], list[Problem]]:
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    readers = fielded.readers
    for key, given in raw.items():
        read = readers.get(key)
        if read is not None:
            try:
                values[key] = read(given, context)
            except InvalidValue as error:
                problems.append(Problem(key, error.message))
        elif key in fielded.fields:
            problems.append(Problem(key, msg("This field is computed. Leave it out.")))
        else:
            problems.append(Problem(str(key), unknown("field", str(key), fielded.fields)))
    return values, problems


def _default(fielded: Fielded, field: Field, values: Mapping[str, Any], situation: Situation) -> Any:
    if isinstance(field.default, str) and field.default.startswith("="):
        return fielded.expression(field.default[1:]).evaluate(values, situation.clock)
    return fielded.declared_defaults(situation.context)[field.key]


def _drop_hidden(fielded: Fielded, values: dict[str, Any], clock: Clock) -> None:
    for field in fielded.conditional_fields:
        is_filled = values.get(field.key) not in (None, "", ())
        if is_filled and not fielded.expression(field.when).holds(values, clock):
            values[field.key] = () if field.key in fielded.child_tables else None


def _missing(fielded: Fielded, values: Mapping[str, Any], clock: Clock, failed: set[str]) -> list[Problem]:
    problems = []
    for field in fielded.demanding_fields:
        if field.key in failed or values.get(field.key) not in (None, "", ()):
            continue
        if field.when and not fielded.expression(field.when).holds(values, clock):
            continue
        if isinstance(field.required, str) and not fielded.expression(field.required).holds(values, clock):
            continue
        problems.append(Problem(field.key, msg("This is needed. Fill it in.")))
    return problems


def _retired(fielded: Fielded, values: Mapping[str, Any], current: Mapping[str, Any]) -> list[Problem]:
    """Choices that are taken although they are retired; a row that has one keeps it."""
    problems = []
    for key, retired in fielded.retired_choices.items():
        had, taken = ({*_several(one.get(key))} for one in (current, values))
        for one in sorted((taken - had) & retired):
            offered = [choice.key for choice in fielded.fields[key].choices if not choice.retired]
            problems.append(Problem(key, msg("“{given}” is retired and cannot be chosen any more. Use one of: {choices}.",
                                             given=one, choices=", ".join(offered))))
    return problems


def _several(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else () if value is None else (value,)


def _compute(fielded: Fielded, values: dict[str, Any], clock: Clock, *, only_stored: bool = False) -> None:
    for field in fielded.stored_formulas if only_stored else fielded.computed_fields:
        made = fielded.expression(field.formula).evaluate(values, clock)
        field_type = fielded.field_type(field.key)
        try:
            values[field.key] = field_type.kept(field, made) if isinstance(field_type, ComputedType) else made
        except InvalidValue as error:
            raise InvalidInput([Problem(field.key, error.message)]) from error


def computed_anew(fielded: Fielded, values: Mapping[str, Any], clock: Clock) -> dict[str, Any]:
    """What stored formulas give now, of those whose kept value differs.

    Raises:
        InvalidInput: when a result does not fit its field.
    """
    made = dict(values)
    _compute(fielded, made, clock, only_stored=True)
    return {field.key: made[field.key] for field in fielded.stored_formulas if made[field.key] != values[field.key]}


def _check_move(
    fielded: Fielded, stages: Stages, current: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Problem]:
    before, now = current.get(stages.field), after.get(stages.field)
    if before == now or now is None:
        return []
    problems = []
    labels = {choice.key: choice.label for choice in fielded.fields[stages.field].choices}
    allowed = stages.moves.get(before, ()) if before is not None else None
    if allowed is not None and now not in allowed:
        problems.append(
            Problem(stages.field, msg("It cannot go from {before} to {now}. Allowed: {allowed}.",
                                      before=labels.get(str(before), before), now=labels.get(now, now),
                                      allowed=_listed([labels[key] for key in allowed if key in labels])))
        )
    problems += [
        Problem(key, msg("This is needed to enter {stage}. Fill it in.", stage=labels.get(now, now)))
        for key in stages.asks.get(now, ())
        if after.get(key) in (None, "", ())
    ]
    return problems


def _listed(labels: Sequence[Label]) -> Label:
    return Label({language: ", ".join(label.get(language) for label in labels) or "–" for language in LANGUAGES})
