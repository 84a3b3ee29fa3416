# SPDX-License-Identifier: Apache-2.0
"""Settings of an instance: defaults, then ``xrm.toml`` in its folder, then the environment; each knows where it came from."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from xrm.current_plugin import current_plugin
from xrm.errors import ConfigurationError, PluginError, msg

SECRET_FILE = "secret.key"  # noqa: S105  # the name of the file, not a secret
MINIMUM_SECRET = 32
# Tables of xrm.toml that hold settings by name, and how variables with the same settings begin.
_TABLES = {"plugins": "XRM_PLUGIN_", "oidc": "XRM_OIDC_"}
_DERIVED = {"home", "sources", "plugins", "oidc"}


class PluginSettings(Mapping[str, Mapping[str, str]]):
    """The settings of plugins by name. The code of a plugin gets its own ones only: others have passwords in theirs."""

    def __init__(self, settings: Mapping[str, Mapping[str, str]]) -> None:
        self._settings = settings

    def __getitem__(self, name: str) -> Mapping[str, str]:
        asking = current_plugin()
        if asking and asking != name:
            said = msg("The plugin {plugin} reads the settings of {name}. A plugin gets its own settings only.", plugin=asking,
                       name=name)
            raise PluginError(asking, said)
        return self._settings[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._settings)

    def __len__(self) -> int:
        return len(self._settings)


@dataclass(frozen=True)
class Settings:
    """All settings of one instance. ``sources`` says for each where its value came from.

    ``plugins`` holds the settings of plugins by name, ``oidc`` those of providers of single sign-on by key.
    """

    home: Path
    database_url: str = ""
    secret_key: str = ""
    country: str = "FR"
    currency: str = "EUR"
    language: str = "en"
    base_url: str = "http://127.0.0.1:5000"
    former_secret_keys: tuple[str, ...] = ()  # they still open what they sealed
    trusted_proxies: tuple[str, ...] = ()  # addresses or networks whose X-Forwarded-For is believed
    password_list: str = ""  # a sorted file of passwords that are known to be known
    password_length: int = 8  # at least so many characters; fewer than eight are never enough
    second_factor: str = "optional"
    session_idle_minutes: int = 12 * 60
    session_days: int = 14
    metrics_token: str = ""
    mail_server: str = ""
    mail_from: str = ""
    plugins: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    oidc: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.plugins, PluginSettings):
            object.__setattr__(self, "plugins", PluginSettings(self.plugins))

    def masked(self) -> dict[str, str]:
        """Every setting as text for people; secrets and passwords are never shown."""
        shown = {name: _as_text(getattr(self, name)) for name in _names()}
        for secret in ("secret_key", "former_secret_keys", "metrics_token"):
            shown[secret] = "********" if shown[secret] else ""
        for name in ("database_url", "mail_server"):
            shown[name] = _without_password(shown[name])
        return shown


def _as_text(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _names() -> list[str]:
    return [item.name for item in fields(Settings) if item.name not in _DERIVED]


def _without_password(url: str) -> str:
    before, separator, after = url.partition("://")
    credentials, at_sign, rest = after.rpartition("@")
    if not at_sign:
        return url
    return f"{before}{separator}{credentials.partition(':')[0]}:********@{rest}"


def load_settings(environment: Mapping[str, str] | None = None, *, home: Path | None = None) -> Settings:
    """The settings of the instance in ``XRM_HOME`` (default ``./instance``), which need not exist yet.

    Raises:
        ConfigurationError: when ``xrm.toml`` cannot be read, or names a setting that does not exist.
    """
    environment = os.environ if environment is None else environment
    home = (home or Path(environment.get("XRM_HOME") or "instance")).expanduser().absolute()
    values: dict[str, Any] = {}
    sources = dict.fromkeys(_names(), "default")
    from_file = _read_file(home / "xrm.toml")
    plugins, oidc = (_take_tables(home, kind, from_file) for kind in _TABLES)
    for name, value in from_file.items():
        if name not in sources:
            raise ConfigurationError(
                msg("{file}: there is no setting {name}. Known are: {known}.", file=home / "xrm.toml", name=name,
                    known=", ".join(sources))
            )
        text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        values[name], sources[name] = text, str(home / "xrm.toml")
    for name in sources:
        variable = f"XRM_{name.upper()}"
        if environment.get(variable):
            values[name], sources[name] = environment[variable], variable
    for (kind, prefix), tables in zip(_TABLES.items(), (plugins, oidc), strict=True):
        sources |= {f"{kind}.{name}.{key}": str(home / "xrm.toml") for name, own in tables.items() for key in own}
        sources |= _take_variables(environment, kind, prefix, tables)
    if not values.get("database_url"):
        values["database_url"] = f"sqlite:///{home / 'xrm.db'}"
    if not values.get("secret_key") and (home / SECRET_FILE).is_file():
        values["secret_key"] = (home / SECRET_FILE).read_text().strip()
        sources["secret_key"] = str(home / SECRET_FILE)
    values = {name: _read(name, text, sources[name]) for name, text in values.items()}
    return Settings(home=home, plugins=plugins, oidc=oidc, sources=sources, **values)


def _take_tables(home: Path, kind: str, from_file: dict[str, Any]) -> dict[str, dict[str, str]]:
    tables = _table(home, kind, from_file.pop(kind, {}))
    return {
        name: {key: _text(value) for key, value in _table(home, f"{kind}.{name}", settings).items()}
        for name, settings in tables.items()
    }


def _text(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _read(name: str, text: str, source: str) -> str | int | tuple[str, ...]:
    default = _DEFAULTS[name]
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if isinstance(default, int):
        if not text.isdecimal() or int(text) == 0:
            raise ConfigurationError(
                msg("{source}: {name} is {text}. Write a whole number from 1.", source=source, name=name, text=text)
            )
        return int(text)
    if name in _CHOICES and text not in _CHOICES[name]:
        raise ConfigurationError(
            msg("{source}: {name} is {text}. Write one of: {known}.", source=source, name=name, text=text,
                known=", ".join(_CHOICES[name]))
        )
    return text


_DEFAULTS = {item.name: item.default for item in fields(Settings)}
_CHOICES = {"second_factor": ("optional", "administrators", "everybody")}


def _table(home: Path, name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigurationError(
            msg("{file}: {name} must be a table. Write [{name}] on a line of its own.", file=home / "xrm.toml", name=name)
        )
    return value


def _take_variables(
    environment: Mapping[str, str], kind: str, prefix: str, tables: dict[str, dict[str, str]]
) -> dict[str, str]:
    """Put the settings of plugins or providers that variables hold among the others; which variable each came from."""
    found = {}
    for variable, value in environment.items():
        name, separator, key = variable.removeprefix(prefix).partition("__")
        if variable.startswith(prefix) and separator:
            tables.setdefault(name.lower(), {})[key.lower()] = value
            found[f"{kind}.{name.lower()}.{key.lower()}"] = variable
    return found


def _read_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    import tomllib  # noqa: PLC0415  # an instance without a file starts sooner

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigurationError(msg("{file} cannot be read: {why}. Mend the file.", file=path, why=error)) from error


def create_home(home: Path) -> None:
    """Make the instance's folder with its secret (readable by its owner alone); what is there already stays.

    Raises:
        ConfigurationError: when the folder cannot be written.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        secret = home / SECRET_FILE
        if not secret.exists():
            descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as stream:
                stream.write(secrets.token_urlsafe(48))
    except OSError as error:
        raise ConfigurationError(
            msg("The instance folder {home} cannot be written: {why}. Choose another with XRM_HOME.", home=home,
                why=error.strerror or error)
        ) from error
