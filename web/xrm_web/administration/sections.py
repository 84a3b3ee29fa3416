# SPDX-License-Identifier: Apache-2.0
"""The one list of administration pages: what each is called, what it is for, and the right without which it is not offered."""

from __future__ import annotations

from dataclasses import dataclass

from xrm.access.policy import allowed, scope
from xrm.unit_of_work import UnitOfWork
from xrm_web.i18n import gettext


@dataclass(frozen=True)
class Section:
    """An entry of the administration overview; ``right`` (``subject:verb``) held in any department shows it.

    ``everywhere`` shows it only where the right is held in all departments.
    """

    endpoint: str
    label: str
    summary: str
    icon: str
    right: str
    everywhere: bool = False


def sections() -> tuple[Section, ...]:
    """All entries, in the order in which they are shown."""
    return (
        Section(
            "admin_health.show", gettext("Health and repairs"), gettext("What is broken, why, and how it is mended."), "activity",
            "instance:administer",
        ),
        Section("admin_departments.show_all", gettext("Departments"),
                gettext("The tree of departments, their members and rights."), "building", "department:administer"),
        Section("admin_people.show_all", gettext("People"), gettext("Invitations, logins, departments, rights, sign-in."),
                "users", "user:administer"),
        Section("admin_sets.show_all", gettext("Permission sets"), gettext("Named bundles of rights, and who has them."), "key",
                "user:administer"),
        Section("admin_why.show", gettext("Why may somebody …?"),
                gettext("Why a person may do something with an entity, or may not, and what would have to change."),
                "circle-help", "user:administer"),
        Section(
            "admin_plugins.matrix", gettext("Plugins and departments"),
            gettext("What is on where; what a switch would do before it is done."), "plug", "plugin:administer",
        ),
        Section(
            "audit.show", gettext("Audit log"), gettext("Who did what and when, and whether the log is whole"), "clipboard-list",
            "audit:read",
        ),
        Section(
            "admin_tokens.show", gettext("API tokens"), gettext("By which programs act, and for whom."), "key", "user:administer",
        ),
    )


def open_sections(uow: UnitOfWork) -> tuple[Section, ...]:
    """The entries the reader may open."""
    return tuple(section for section in sections() if _is_open(uow, section))


def _is_open(uow: UnitOfWork, section: Section) -> bool:
    if section.everywhere:
        subject, _, verb = section.right.partition(":")
        return scope(uow, subject, verb).is_everywhere
    return allowed(uow, section.right)
