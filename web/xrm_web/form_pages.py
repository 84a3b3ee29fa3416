# SPDX-License-Identifier: Apache-2.0
"""The forms that create and change entities and roles: sections of inputs as the entity file lays them out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from uuid import UUID

from xrm.access.policy import allowed, require
from xrm.departments.queries import Department, get_tree
from xrm.errors import InvalidInput, Problem
from xrm.folding import fold
from xrm.schema.fields.base import InvalidValue
from xrm.schema.registry import EntityType
from xrm.unit_of_work import UnitOfWork
from xrm_web.field_rights import FormRights, locked_input
from xrm_web.form_inputs import Sent, input_of, is_typed, read_form
from xrm_web.i18n import gettext, labelled, language, text_of, translate, typography
from xrm_web.inputs import Cell, Face, FieldInput, Option, RoleChip
from xrm_web.navigation import sentence
from xrm_web.records.forms import default_department

_VOWELS = frozenset("aeiouyh")


class Home(NamedTuple):
    """The department of what something new is made from; ``is_whole``: the new one is a part of it, like a line of a quote."""

    department: UUID | None = None
    is_whole: bool = False


@dataclass(frozen=True, kw_only=True)
class FormSection:
    """A titled group of inputs."""

    title: str
    inputs: tuple[FieldInput, ...]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A field that two people changed: what stands there now, and what was typed here."""

    key: str
    label: str
    theirs: Cell
    mine: Cell
    is_contested: bool


@dataclass(frozen=True, kw_only=True)
class FormPage:
    """All that the template of a form draws. ``problems``: (id of the input or empty, sentence)."""

    title: str
    action: str
    save_label: str
    back: str
    icon: str = ""
    help: str = ""
    sections: tuple[FormSection, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()
    face: Face | None = None
    chip: RoleChip | None = None
    is_new: bool = False
    version: int | None = None
    seen: str = ""
    conditions_url: str = ""
    watched: tuple[str, ...] = ()
    similar: tuple[Face, ...] = ()
    differences: tuple[Difference, ...] = ()
    crumbs: tuple[tuple[str, str], ...] = ()
    hidden: Mapping[str, str] = field(default_factory=dict)
    given: tuple[str, ...] = ()


def form_fields(entity_type: EntityType, *, is_new: bool) -> list[str]:
    """The fields of the form, in the order of its sections; computed ones are not filled in."""
    listed = [key for section in entity_type.declaration.page.sections for key in section.fields]
    keys = dict.fromkeys([*listed, *entity_type.fields])
    return [
        key
        for key in keys
        if key in entity_type.fields and is_typed(entity_type, key) and not (is_new and entity_type.fields[key].read_only)
    ]


def sections_of(
    uow: UnitOfWork, entity_type: EntityType, values: Mapping[str, Any], sent: Sent | None, errors: Mapping[str, list[str]],
    rights: FormRights,
) -> tuple[FormSection, ...]:
    """The inputs in their sections; what the layout does not name comes last."""
    keys = [key for key in form_fields(entity_type, is_new=rights.is_new) if key not in rights.hidden]
    hidden = hidden_fields(uow, entity_type, values, sent)

    def made(key: str) -> FieldInput:
        if key in rights.locked:
            return locked_input(entity_type, key, values.get(key))
        return input_of(uow, entity_type, key, values.get(key), sent, errors.get(key, ()))

    inputs = {key: _applying(made(key), key not in hidden) for key in keys}
    found: list[FormSection] = []
    for section in entity_type.declaration.page.sections:
        own = tuple(inputs.pop(key) for key in section.fields if key in inputs)
        if own:
            found.append(FormSection(title=text_of(section.label), inputs=own))
    if inputs:
        title = gettext("More") if found else ""
        found.append(FormSection(title=title, inputs=tuple(inputs.values())))
    return tuple(found)


def _applying(made: FieldInput, applies: bool) -> FieldInput:
    # A field with an error stays in sight whatever its condition says.
    return made if applies or made.errors else replace(made, applies=False)


def hidden_fields(uow: UnitOfWork, entity_type: EntityType, values: Mapping[str, Any], sent: Sent | None) -> set[str]:
    """The conditional fields that do not apply to these values, or to what was typed over them."""
    if not entity_type.conditional_fields:
        return set()
    known = dict(values)
    if sent is not None:
        for key, raw in read_form(entity_type, sent, entity_type.operands).items():
            try:
                known[key] = entity_type.field_type(key).parse(entity_type.fields[key], raw, uow.parse_context)
            except InvalidValue:
                known[key] = None
    operands = {key: known.get(key) for key in entity_type.operands}
    return {
        one.key for one in entity_type.conditional_fields if not entity_type.expression(one.when).holds(operands, uow)
    }


def watched_fields(entity_type: EntityType) -> tuple[str, ...]:
    """The fields whose values decide about others."""
    names = {name for one in entity_type.conditional_fields for name in entity_type.expression(one.when).names}
    return tuple(sorted(names))


def default_values(uow: UnitOfWork, entity_type: EntityType) -> dict[str, Any]:
    """What stands in the fields of something new."""
    values: dict[str, Any] = {}
    for key, declared in entity_type.fields.items():
        if declared.default is None or declared.formula:
            continue
        if isinstance(declared.default, str) and declared.default.startswith("="):
            known = {name: values.get(name) for name in entity_type.operands}
            values[key] = entity_type.expression(declared.default[1:]).evaluate(known, uow)
        else:
            values[key] = entity_type.field_type(key).parse(declared, declared.default, replace(uow.parse_context, language="en"))
    return values


def given_values(uow: UnitOfWork, entity_type: EntityType, given: Mapping[str, str]) -> dict[str, Any]:
    """Values that the address of the form gives (``?customer=<id>``); wrong ones are left out."""
    values: dict[str, Any] = {}
    for key, text in given.items():
        if key in entity_type.fields and is_typed(entity_type, key):
            try:
                values[key] = entity_type.field_type(key).parse(entity_type.fields[key], text, uow.parse_context)
            except InvalidValue:
                continue
    return values


def departments_to_create_in(uow: UnitOfWork, entity_type: EntityType) -> list[Department]:
    """The departments in which the actor may create this type.

    Raises:
        PermissionDenied: when there is none.
    """
    action = f"{entity_type.name}:create"
    require(uow, action)
    found = [item for item in get_tree(uow).by_id.values() if allowed(uow, action, item.id)]
    if not found:
        require(uow, action, next(iter(get_tree(uow).by_id), None))
    return found


def department_input(
    uow: UnitOfWork, found: Sequence[Department], sent: Sent | None, errors: Iterable[str], home: Home
) -> FieldInput:
    """The choice of the department, preselected as ``default_department`` says; a part goes where its whole is."""
    options = tuple(Option(str(item.id), "\u2003" * item.depth + item.name) for item in found)
    of_whole = str(home.department) if home.is_whole else ""
    if of_whole not in [option.value for option in options]:
        of_whole = ""
    text = sent.get("_department", "") if sent is not None else ""
    return FieldInput(
        name="_department", kind="select", label=gettext("Department"),
        value=text or of_whole or default_department(uow, options, home.department), choices=options,
        errors=tuple(errors), required=True, help=gettext("Who works with it, and who sees it."),
    )


def errors_by_field(problems: Iterable[Problem]) -> dict[str, list[str]]:
    """The sentences at each field; ``""`` holds those about the whole."""
    found: dict[str, list[str]] = {}
    for problem in problems:
        found.setdefault(problem.path, []).append(translate(problem.message))
    return found


def summary_of(
    entity_type: EntityType, errors: Mapping[str, Sequence[str]], own: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """The error summary: each sentence under the label of its field, with the id of its input."""
    found: list[tuple[str, str]] = []
    for key, texts in errors.items():
        label = own.get(key) or (text_of(entity_type.fields[key].label) if key in entity_type.fields else "")
        found += [(f"f-{key}", labelled(label, typography(text))) if label else ("", text) for text in texts]
    return tuple(found)


def merged_errors(error: InvalidInput, **renamed: str) -> dict[str, list[str]]:
    """The problems of an input by field; ``renamed`` gives paths their names in the form."""
    return errors_by_field(Problem(renamed.get(one.path, one.path), one.message) for one in error.problems)


def title_of_new(entity_type: EntityType) -> str:
    """The heading of the form for something new; French says it by the gender of the type, which its file declares."""
    name, gender = text_of(entity_type.label.one), entity_type.label.gender.get(language(), "")
    if gender == "f":
        return gettext("New (feminine) %(type)s", type=name)
    if gender == "m" and fold(name)[:1] in _VOWELS:
        return gettext("New (before a vowel) %(type)s", type=name)
    return gettext("New %(type)s", type=name)


def type_title(entity_type: EntityType) -> str:
    """The name of the list that a form belongs to."""
    return sentence(text_of(entity_type.label.many))
