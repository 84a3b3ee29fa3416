"""A channel that puts messages into a folder, and the button that writes one."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from xrm.plugin_api import Action, Channel, Choice, Field, SendResult, hookimpl, label, msg, select, write_message

LONGEST = 280


@hookimpl
def register_channels():
    name = label("Carrier pigeon", "Pigeon voyageur")
    return [Channel("pigeon", name, ("postal",), send, icon="send", has_subject=False, maximum_length=LONGEST)]


def send(message, settings):
    loft = Path(settings["loft"])
    if not loft.is_dir():
        return SendResult.retry(f"{loft} is not there", after=timedelta(minutes=5))
    if not message.recipient:
        return SendResult.refuse("A pigeon needs an address.", address_is_bad=True)
    # The name is that of the message: sent twice after a crash, it still arrives once.
    (loft / f"{message.id}.txt").write_text(f"{message.recipient}\n\n{message.body}\n", encoding="utf-8")
    return SendResult.sent(reference=message.message_id)


@hookimpl
def actions(uow, entity):
    points = select(uow, "contact_point", ["id", "value", "entity", "kind"]).subquery()
    rows = uow.execute(points.select().where(points.c.entity == entity.id, points.c.kind == "postal").order_by(points.c.id)).all()
    if not rows:
        return []
    addresses = tuple(Choice(str(row.id), label(row.value, row.value)) for row in rows)
    asks = (
        Field("to", "choice", label("To", "À"), required=True, choices=addresses, default=addresses[0].key),
        Field("body", "long_text", label("Text", "Texte"), required=True, length=LONGEST),
    )
    name = label("Send a pigeon", "Envoyer un pigeon")
    return [Action("write", name, run=write, asks=asks, permission="message:send", icon="send", submit=label("Send", "Envoyer"))]


def write(uow, entity_id, values):
    write_message(uow, "pigeon", entity_id, to=UUID(values["to"]), body=values["body"])
    return msg("{said}", said=label("The pigeon waits for its turn.", "Le pigeon attend son tour."))
