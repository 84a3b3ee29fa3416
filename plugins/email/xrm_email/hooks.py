# SPDX-License-Identifier: Apache-2.0
"""What the plugin adds: the channel, the button on the page of a party, and what it knows of its own health."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from xrm.plugin_api import (
    Action,
    Channel,
    Choice,
    Entity,
    Field,
    HealthCheck,
    InvalidInput,
    Message,
    UnitOfWork,
    hookimpl,
    label,
    msg,
    own_settings,
    select,
    write_message,
)
from xrm_email.account import NOT_SET_UP, Account, BadSettings, NotSetUp
from xrm_email.smtp import check, send

NAME = label("E-mail", "Courriel")
_NOT_SET_UP = label(NOT_SET_UP["en"], NOT_SET_UP["fr"])


@hookimpl
def register_channels() -> list[Channel]:
    """E-mail over SMTP."""
    return [Channel("email", NAME, ("email",), send, icon="mail", check=check)]


@hookimpl
def actions(uow: UnitOfWork, entity: Entity) -> list[Action]:
    """``Write e-mail``, on the page of a party that has an address; before e-mail is set up it says so and asks for nothing."""
    if uow.registry.get(entity.type).kind != "party":
        return []
    points = select(uow, "contact_point", ["id", "value", "preferred", "entity", "kind", "valid_until"]).subquery()
    is_open = points.c.valid_until.is_(None) | (points.c.valid_until > uow.today)
    rows = uow.execute(
        points.select().where(points.c.entity == entity.id, points.c.kind == "email", is_open)
        .order_by(points.c.preferred.desc(), points.c.id)
    ).all()
    if not rows:
        return []
    addresses = tuple(Choice(str(row.id), label(row.value, row.value)) for row in rows)
    asks = (
        Field("to", "choice", label("To", "À"), required=True, choices=addresses, default=addresses[0].key),
        Field("subject", "text", label("Subject", "Objet"), required=True, length=500),
        Field("body", "long_text", label("Text", "Texte"), required=True),
    )
    name = label("Write e-mail", "Écrire un courriel")
    if not _is_set_up(uow, entity.department):
        return [Action("write", name, run=_refuse, blocked=_NOT_SET_UP, permission="message:send", icon="mail")]
    return [Action("write", name, run=_write, asks=asks, permission="message:send", icon="mail", submit=label("Send", "Envoyer"))]


def _is_set_up(uow: UnitOfWork, department: uuid.UUID | None) -> bool:
    try:
        Account.of(own_settings(uow, department))
    except NotSetUp:
        return False
    except BadSettings:
        return True  # a mistake in the settings is the operator's to mend; messages wait for it
    return True


def _refuse(_uow: UnitOfWork, _entity_id: uuid.UUID, _values: Mapping[str, Any]) -> Message:
    raise InvalidInput(msg("{sentence}", sentence=_NOT_SET_UP))


def _write(uow: UnitOfWork, entity_id: uuid.UUID, values: Mapping[str, Any]) -> Message:
    write_message(
        uow, "email", entity_id, to=uuid.UUID(str(values["to"])), subject=str(values.get("subject") or ""),
        body=str(values.get("body") or ""),
    )
    return msg("{sentence}", sentence=label("The e-mail is waiting to be sent.", "Le courriel est en attente d’envoi."))


@hookimpl
def health_checks(uow: UnitOfWork) -> list[HealthCheck]:
    """Whether there is a mail server in the settings. It is not called from here: a page must not wait for a network."""
    try:
        account = Account.of(own_settings(uow))
    except BadSettings as error:
        remedy = label(
            "Until then messages wait in the queue. Set host and from_address under [plugins.email] in xrm.toml.",
            "D’ici là les messages attendent. Définissez host et from_address sous [plugins.email] dans xrm.toml.",
        )
        return [HealthCheck("settings", NAME, "warn", str(error), remedy)]
    where = f"{account.host}:{account.port}"
    return [HealthCheck("settings", NAME, "good", label(f"Mail goes out through {where}.", f"Le courrier part par {where}."))]
