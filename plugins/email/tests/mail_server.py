# SPDX-License-Identifier: Apache-2.0
"""A real SMTP server on the loopback that answers as a test tells it to, and keeps what it received."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP


@dataclass
class Sink:
    """What the server answers (an empty text: 250) and what it got; ``answers`` go before ``rcpt``, one for each message."""

    rcpt: str = ""
    end_of_data: str = ""
    answers: list[str] = field(default_factory=list)
    cuts_after_data: int = 0
    received: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802  # named by aiosmtpd
        self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        answer = self.answers.pop(0) if self.answers else self.rcpt
        if not answer:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.end_of_data:
            return self.end_of_data
        self.received.append(cast("EmailMessage", message_from_bytes(envelope.content, policy=policy.default)))
        self.recipients.append(list(envelope.rcpt_tos))
        if self.cuts_after_data:
            self.cuts_after_data -= 1
            server.transport.abort()
        return "250 taken as 42"


@contextmanager
def mail_server(sink: Sink) -> Iterator[int]:
    """The port of a server that answers as ``sink`` says."""
    controller = Controller(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def rude_server(greeting: bytes, *, drip: bool = False) -> Iterator[int]:
    """The port of a server that says ``greeting`` (byte by byte when it drips) and then nothing any more."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            try:
                while drip and not stop.wait(0.2):
                    connection.sendall(b"2")
                connection.sendall(greeting)
                stop.wait(30)
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        stop.set()
        listener.close()
        thread.join(5)
