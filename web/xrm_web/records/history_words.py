# SPDX-License-Identifier: Apache-2.0
"""The audit log in words: what was done, through which door, and the names of what no declaration names."""

from __future__ import annotations

from xrm.schema.registry import Registry
from xrm_web.i18n import gettext, text_of
from xrm_web.inputs import Option
from xrm_web.navigation import sentence
from xrm_web.records.action_words import action_words

ICONS = {
    "entity": "pencil", "role": "handshake", "relationship": "network", "contact_point": "at-sign",
    "interaction": "message-square", "message": "send", "identifier": "hash", "audit": "shield", "user": "user",
    "grant": "key", "membership": "user-plus",
    "permission_set": "key", "department": "building-2", "schema": "columns-3",
}


def action_word(action: str) -> str:
    """What was done; the bare name of an action that has no words."""
    return action_words().get(action) or action


def action_options() -> tuple[Option, ...]:
    """The actions to choose from."""
    return tuple(Option(key, label) for key, label in action_words().items())


def via_word(via: str) -> str:
    """Through which door something was done."""
    return {
        "web": gettext("web pages"), "cli": gettext("command line"), "job": gettext("job"),
        "api": gettext("interface for programs"),
    }.get(via, via)


def kind_word(kind: str) -> str:
    """What somebody did with what they saw."""
    return {"seen": gettext("Saw it"), "exported": gettext("Exported it"), "printed": gettext("Printed it")}.get(kind, kind)


def frame_word(kind: str, key: str) -> str:
    """The name of what is kept of a role, relationship, contact point … beside its declared fields."""
    words = {
        "since": gettext("Since"), "until": gettext("Until"), "owner_id": gettext("Owner"), "title": gettext("Name"),
        "valid_from": gettext("Since"), "valid_until": gettext("Until"), "value": gettext("Address"), "label": gettext("Label"),
        "preferred": gettext("Preferred"), "street": gettext("Street and number"), "street2": gettext("Building, floor, box"),
        "postal_code": gettext("Postal code"), "city": gettext("City"), "region": gettext("Region"),
        "country": gettext("Country"), "subject": gettext("Subject"), "body": gettext("Text"), "outcome": gettext("Outcome"),
        "recipient": gettext("Recipient"),
        "email": gettext("E-mail"), "phone": gettext("Phone"), "mobile": gettext("Mobile"), "fax": gettext("Fax"),
        "url": gettext("Web address"), "postal": gettext("Postal address"),
    }
    return key if kind == "identifier" else words.get(key) or key


def type_word(registry: Registry, type_name: str) -> str:
    """The label of an entity type, relationship type or kind of interaction; empty for anything else."""
    declared = registry.entity_types.get(type_name)
    if declared is not None:
        return sentence(text_of(declared.label.one))
    relationship = registry.relationship_types.get(type_name)
    if relationship is not None:
        return sentence(text_of(relationship.declaration.forward))
    kind = registry.interaction_kinds.get(type_name)
    return text_of(kind.label) if kind is not None else ""
