# SPDX-License-Identifier: Apache-2.0
"""Names for people of what rights are about: subjects, verbs, tables of a department, permissions."""

from __future__ import annotations

from xrm.access.vocabulary import Subject, subjects_of
from xrm.departments.moving import ENOUGH, Contents
from xrm.schema.registry import Registry
from xrm_web.i18n import format_count, gettext, text_of
from xrm_web.navigation import sentence


def verb_names() -> dict[str, str]:
    """What can be done, as a column of the matrix names it."""
    return {
        "read": gettext("Read"), "create": gettext("Create"), "update": gettext("Change"), "delete": gettext("Delete"),
        "link": gettext("Relate"), "send": gettext("Send"), "import": gettext("Import"), "export": gettext("Export"),
        "administer": gettext("Administer"), "see": gettext("See"), "edit": gettext("Edit"), "*": gettext("Everything"),
    }


def own_subjects() -> dict[str, str]:
    """Subjects that the program itself brings."""
    return {
        "*": gettext("Everything, now and later"), "contact_point": gettext("Contact points"),
        "interaction": gettext("Interactions"), "message": gettext("Messages"), "score": gettext("Scores"),
        "file": gettext("Files"), "user": gettext("People and rights"), "department": gettext("Departments"),
        "plugin": gettext("Plugins"), "schema": gettext("Own fields and the schema"), "job": gettext("Jobs"),
        "audit": gettext("Audit log"), "instance": gettext("The whole instance"),
    }


def group_names() -> dict[str, str]:
    """Groups of subjects, in the order of the matrix."""
    return {
        "all": gettext("All subjects"), "parties": gettext("People and organizations"), "roles": gettext("Roles"),
        "records": gettext("Records"), "relationships": gettext("Relationships"), "beside": gettext("Beside them"),
        "administration": gettext("Administration"),
    }


def subject_name(one: Subject) -> str:
    """What a subject is called."""
    return sentence(text_of(one.label)) if one.label is not None else own_subjects().get(one.name, one.name)


def field_name(registry: Registry, subject: str) -> str:
    """A field of a type (``TYPE.FIELD``) in words; empty for anything else, and for what is gone."""
    type_name, dot, key = subject.partition(".")
    entity_type = registry.entity_types.get(type_name)
    if not dot or entity_type is None or (key != "*" and key not in entity_type.fields):
        return ""
    field = gettext("every guarded field") if key == "*" else sentence(text_of(entity_type.fields[key].label))
    return gettext("%(type)s: %(field)s", type=sentence(text_of(entity_type.label.many)), field=field)


def permission_name(registry: Registry, permission: str) -> str:
    """A permission in words: what can be done with what."""
    subject, _, verb = permission.rpartition(":")
    field = field_name(registry, subject)
    if field:
        return gettext("%(verb)s: %(subject)s", verb=verb_names().get(verb, verb), subject=field)
    found = next((one for one in subjects_of(registry) if one.name == subject), None)
    what = subject_name(found) if found is not None else subject
    return gettext("%(verb)s: %(subject)s", verb=verb_names().get(verb, verb), subject=what)


def table_names() -> dict[str, str]:
    """What stands in a department, by table."""
    return {
        "entity": gettext("People, organizations and records at home there"), "role": gettext("Roles"),
        "relationship": gettext("Relationships"), "relationship_past": gettext("Earlier versions of relationships"),
        "contact_point": gettext("Contact points"), "interaction": gettext("Interactions"), "message": gettext("Messages"),
        "file": gettext("Files"),
    }


def contents_in_words(inside: Contents) -> list[tuple[str, str]]:
    """What stands in a department: names of kinds, and how many."""
    names = table_names()
    return [(names.get(key, key.replace("_", " ")), format_count(count, ENOUGH)) for key, count in inside.counts.items()]
