# SPDX-License-Identifier: Apache-2.0
"""The mail account of the settings, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PORTS = {"starttls": 587, "ssl": 465, "none": 25}
SHORTEST_DEADLINE = 4
NOT_SET_UP = {
    "en": "E-mail is not set up here yet, so nothing can be sent. "
          "An administrator sets it up in xrm.toml: host and from_address under [plugins.email].",
    "fr": "Le courriel n’est pas encore configuré ici : rien ne peut être envoyé. "
          "Un administrateur le configure dans xrm.toml : host et from_address sous [plugins.email].",
}


class BadSettings(ValueError):
    """A setting is missing or cannot be used; the text says which and what to write."""


class NotSetUp(BadSettings):
    """There is no mail server or no sender in the settings: nobody has set e-mail up."""


@dataclass(frozen=True)
class Account:
    """How to reach the mail server and who writes. ``timeout`` is for one answer, ``deadline`` for one message, in seconds."""

    host: str
    port: int
    security: str
    from_address: str
    from_name: str = ""
    reply_to: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    html: bool = False
    ca_file: str = ""
    timeout: float = 15.0

    @property
    def deadline(self) -> float:
        """How long one message may take in all: a server that answers byte by byte holds nobody up."""
        return self.timeout * SHORTEST_DEADLINE

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> Account:
        """The account that settings describe.

        Raises:
            BadSettings: naming the setting that is missing or wrong.
        """
        given = {key: str(value).strip() for key, value in settings.items()}
        for key in ("host", "from_address"):
            if not given.get(key):
                variable = f"XRM_PLUGIN_EMAIL__{key.upper()}"
                raise NotSetUp(f"{key} is not set. Write it under [plugins.email] in xrm.toml, or in {variable}.")
        security = given.get("security") or "starttls"
        if security not in PORTS:
            raise BadSettings(f"security is {security!r}. Write starttls, ssl or none.")
        if given.get("password") and security == "none" and not _is_local(given["host"]):
            raise BadSettings("security is none: the password would be readable on its way. Write starttls or ssl.")
        if given.get("ca_file") and not Path(given["ca_file"]).is_file():
            raise BadSettings(f"ca_file is {given['ca_file']!r}, which is not there.")
        port = _number(given, "port", PORTS[security], 65535)
        return cls(
            given["host"], port, security, given["from_address"], given.get("from_name", ""), given.get("reply_to", ""),
            given.get("user", ""), settings.get("password", ""), given.get("html", "").lower() in {"true", "1", "yes"},
            given.get("ca_file", ""), _number(given, "timeout", 15, 120),
        )


def _number(given: Mapping[str, str], key: str, default: int, most: int) -> int:
    text = given.get(key) or str(default)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        raise BadSettings(f"{key} is {text!r}. Write a number from 1 to {most}.")
    return int(text)


def _is_local(host: str) -> bool:
    return host in {"localhost", "::1"} or host.startswith("127.")
