# SPDX-License-Identifier: Apache-2.0
"""What rights can be about: the subjects and verbs that a permission set may name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from xrm.access.questions import VERBS
from xrm.errors import InvalidInput, Problem, msg
from xrm.schema.fields.characters import is_storable
from xrm.schema.model import Label
from xrm.schema.registry import Registry
from xrm.schema.suggest import unknown

BESIDE_PARTIES = ("contact_point", "interaction", "message", "score", "file")
ADMINISTRATION = ("user", "department", "plugin", "schema", "job", "audit", "instance")
FIELD_VERBS = ("see", "edit")
MOST = 1000
LONGEST_LABEL = 80


@dataclass(frozen=True)
class Subject:
    """Something that a right can be about; ``label`` is None for those of the program itself, which the faces name."""

    name: str
    group: str  # parties, roles, records, relationships, beside, administration or all
    plugin: str = ""
    label: Label | None = None


def subjects_of(registry: Registry) -> list[Subject]:
    """All subjects: the wildcard, then types by kind and plugin, then what the program itself brings."""
    groups = {"party": "parties", "role": "roles", "record": "records"}
    found = [Subject("*", "all")]
    for kind, group in groups.items():
        types = [one for one in registry.entity_types.values() if one.kind == kind]
        found += [Subject(one.name, group, one.plugin, one.label.many) for one in sorted(types, key=lambda one: one.plugin)]
    links = sorted(registry.relationship_types.values(), key=lambda one: one.declaration.plugin)
    found += [Subject(one.name, "relationships", one.declaration.plugin, one.declaration.forward) for one in links]
    found += [Subject(name, "beside") for name in BESIDE_PARTIES]
    return found + [Subject(name, "administration") for name in ADMINISTRATION]


def guarded_fields(registry: Registry, type_name: str) -> tuple[str, ...]:
    """The fields of a type that need a right of their own, in the order of the type."""
    guards = registry.guards.get(type_name)
    return tuple(key for key in registry.get(type_name).fields if key in guards.get(key, ())) if guards else ()


def check_permissions(registry: Registry, permissions: Iterable[str], *, known: Iterable[str] = ()) -> tuple[str, ...]:
    """The permissions in order, each once; those in ``known`` are taken as they are, since their plugin may be gone by now.

    Raises:
        InvalidInput: naming each subject or verb that there is not.
    """
    wanted, taken = sorted(set(permissions)), set(known)
    problems = permission_problems(registry, (text for text in wanted if text not in taken))
    if len(wanted) > MOST:
        problems.append(Problem("permissions", msg("A permission set holds at most {most} permissions.", most=MOST)))
    if problems:
        raise InvalidInput(problems)
    return tuple(wanted)


def permission_problems(registry: Registry, permissions: Iterable[str]) -> list[Problem]:
    """A problem for each subject, field or verb in these permissions that there is not."""
    subjects = {one.name for one in subjects_of(registry)}
    return [one for text in permissions for one in _problems(registry, text, subjects)]


def _problems(registry: Registry, text: str, subjects: set[str]) -> Iterable[Problem]:
    subject, separator, verb = text.rpartition(":")
    if not separator:
        yield Problem(text, msg("{text} is no permission: write it as subject:verb, such as person:read.", text=text[:100]))
        return
    type_name, dot, field = subject.partition(".")
    verbs = (*FIELD_VERBS, "*") if dot else (*VERBS, "*")
    if verb not in verbs:
        yield Problem(text, unknown("verb", verb[:100], verbs))
    if dot and type_name in registry.entity_types:
        fields = [*registry.entity_types[type_name].declaration.fields, "*"]
        if field not in fields:
            yield Problem(text, unknown("field", field[:100], fields))
    elif subject not in subjects:
        yield Problem(text, unknown("subject", subject[:100], sorted(subjects)))


def checked_label(label: Mapping[str, str]) -> dict[str, str]:
    """The label of a permission set in each language; one of them is enough.

    Raises:
        InvalidInput: when there is none, or one is too long.
    """
    texts = {code: " ".join(label.get(code, "").split()) for code in ("en", "fr")}
    texts = {code: text or texts["en"] or texts["fr"] for code, text in texts.items()}
    if not all(text and len(text) <= LONGEST_LABEL and is_storable(text) for text in texts.values()):
        raise InvalidInput([Problem("label_en", msg("Give a label of 1 to {most} characters.", most=LONGEST_LABEL))])
    return texts
