# SPDX-License-Identifier: Apache-2.0
"""What was done, in words: one for every action that the audit log knows."""

from __future__ import annotations

from xrm_web.i18n import gettext

MOVED = ("entity", "role", "contact_point", "relationship", "file")


def action_words() -> dict[str, str]:
    """Action → what was done, in the reader's language."""
    return {**_of_entries(), **_of_rights(), **_of_sign_in(), **_of_the_program()}


def _of_entries() -> dict[str, str]:
    return {
        "entity.created": gettext("Created"), "entity.updated": gettext("Changed"), "entity.deleted": gettext("Deleted"),
        "entity.restored": gettext("Taken back from the recycle bin"), "identifier.set": gettext("Identifier set"),
        "role.started": gettext("Role started"), "role.updated": gettext("Role changed"), "role.deleted": gettext("Role removed"),
        "role.restored": gettext("Role taken back"), "relationship.started": gettext("Relationship added"),
        "relationship.updated": gettext("Relationship changed"), "relationship.removed": gettext("Relationship removed"),
        "contact_point.added": gettext("Contact point added"), "contact_point.updated": gettext("Contact point changed"),
        "interaction.recorded": gettext("Interaction noted"), "interaction.updated": gettext("Interaction changed"),
        "interaction.deleted": gettext("Interaction deleted"), "interaction.restored": gettext("Interaction taken back"),
        **{f"{one}.moved": gettext("Moved to another department") for one in MOVED},
        "department.contents_moved": gettext("Contents moved to another department"), "message.queued": gettext("Message sent"),
        "share.given": gettext("Shared"), "share.ended": gettext("Share ended"),
        "audit.erased": gettext("Values of the history erased"),
    }


def _of_rights() -> dict[str, str]:
    return {
        "user.created": gettext("User created"), "user.invited": gettext("Invited"),
        "user.came_in": gettext("Came in by an invitation"),
        "user.activated": gettext("User switched on"), "user.deactivated": gettext("User switched off"),
        "user.renamed": gettext("User renamed"), "user.email_changed": gettext("Address of the login changed"),
        "membership.added": gettext("Member added"), "membership.ended": gettext("Member removed"),
        "grant.given": gettext("Rights granted"), "grant.changed": gettext("Reach of rights changed"),
        "grant.ended": gettext("Rights ended"),
        "permission_set.created": gettext("Permission set created"), "permission_set.changed": gettext("Permission set changed"),
        "permission_set.renamed": gettext("Permission set renamed"), "permission_set.deleted": gettext("Permission set deleted"),
        "department.created": gettext("Department created"), "department.renamed": gettext("Department renamed"),
        "department.moved": gettext("Department moved"), "department.deleted": gettext("Department deleted"),
        "token.created": gettext("API token made"), "token.revoked": gettext("API token revoked"),
    }


def _of_sign_in() -> dict[str, str]:
    return {
        "user.signed_in": gettext("Signed in"), "user.sign_in_failed": gettext("Sign-in failed"),
        "user.sessions_ended": gettext("Sessions ended"), "user.password_changed": gettext("Password changed"),
        "user.reset_link_made": gettext("Password link made"), "user.reset_link_sent": gettext("Password link sent"),
        "user.view_began": gettext("View as somebody begun"), "user.view_ended": gettext("View as somebody ended"),
        "factor.app_added": gettext("Authenticator app set up"), "factor.app_removed": gettext("Authenticator app removed"),
        "factor.passkey_added": gettext("Passkey added"), "factor.passkey_removed": gettext("Passkey removed"),
        "factor.passkey_refused": gettext("Passkey refused"), "factor.recovery_code_used": gettext("Recovery code used"),
        "factor.recovery_codes_made": gettext("Recovery codes made"), "factor.reset": gettext("Second factor reset"),
        "identity.linked": gettext("Way to sign in linked"), "identity.unlinked": gettext("Way to sign in unlinked"),
    }


def _of_the_program() -> dict[str, str]:
    return {
        "plugin.enabled": gettext("Plugin switched on"), "plugin.disabled": gettext("Plugin switched off"),
        "plugin.offered": gettext("Plugin offered to departments"), "plugin.withdrawn": gettext("Plugin no longer offered"),
        "plugin.set_up": gettext("Plugin set up"), "plugin.applied": gettext("Plugin brought up to date"),
        "plugin.quarantined": gettext("Plugin put into quarantine"), "plugin.released": gettext("Plugin let out of quarantine"),
        "plugin.acted_as_system": gettext("Plugin acted as the system"),
        "schema.changed": gettext("Fields or types changed"), "schema.accepted": gettext("Change of a declaration accepted"),
        "health.repaired": gettext("Repaired"), "health.snoozed": gettext("Finding put off"),
        "health.woken": gettext("Finding shown again"),
    }
