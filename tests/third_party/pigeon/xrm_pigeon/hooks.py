"""A channel that puts messages into a folder."""

from datetime import timedelta
from pathlib import Path

from xrm.plugin_api import Channel, SendResult, hookimpl, label


@hookimpl
def register_channels():
    return [Channel("pigeon", label("Carrier pigeon", "Pigeon voyageur"), ("postal",), send, icon="bird", maximum_length=280)]


def send(message, settings):
    loft = Path(settings["loft"])
    if not loft.is_dir():
        return SendResult.retry(f"{loft} is not there", after=timedelta(minutes=5))
    if not message.recipient:
        return SendResult.refuse("A pigeon needs an address.", address_is_bad=True)
    # The name is that of the message: sent twice after a crash, it still arrives once.
    (loft / f"{message.id}.txt").write_text(f"{message.recipient}\n\n{message.subject}\n\n{message.body}\n", encoding="utf-8")
    return SendResult.sent(reference=message.message_id)
