# SPDX-License-Identifier: Apache-2.0
"""Settings come from the file, then from the environment, and say so; secrets are never shown."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from xrm.errors import ConfigurationError
from xrm.settings import create_home, load_settings


def test_the_environment_wins_over_the_file_over_the_default(tmp_path: Path) -> None:
    (tmp_path / "xrm.toml").write_text('country = "DE"\nlanguage = "fr"\n[plugins.email]\nhost = "a.example.org"\nport = 25\n')

    settings = load_settings({"XRM_LANGUAGE": "en", "XRM_PLUGIN_EMAIL__HOST": "b.example.org"}, home=tmp_path)

    assert (settings.country, settings.language, settings.currency) == ("DE", "en", "EUR")
    assert settings.plugins == {"email": {"host": "b.example.org", "port": "25"}}
    assert settings.sources["country"] == str(tmp_path / "xrm.toml")
    assert (settings.sources["language"], settings.sources["currency"]) == ("XRM_LANGUAGE", "default")


@pytest.mark.parametrize("text", ["country =", "nope = 1", "plugins = 3", "[plugins]\nemail = 3", "\x00", 'country = "\xff"'])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "xrm.toml").write_bytes(text.encode("latin-1", "replace"))

    with pytest.raises(ConfigurationError, match=r"xrm\.toml"):
        load_settings({}, home=tmp_path)


def test_secrets_and_passwords_are_masked(tmp_path: Path) -> None:
    settings = load_settings({"XRM_SECRET_KEY": "s" * 40, "XRM_DATABASE_URL": "postgresql://me:p@ss:w0rd@host/db"}, home=tmp_path)

    shown = settings.masked()

    assert shown["database_url"] == "postgresql://me:********@host/db"
    assert "s" * 40 not in str(shown)


def test_the_home_is_made_once_with_a_secret_for_its_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "a" / "b"
    create_home(home)
    secret = load_settings({}, home=home).secret_key
    create_home(home)

    assert len(secret) >= 32
    assert load_settings({}, home=home).secret_key == secret
    assert stat.S_IMODE((home / "secret.key").stat().st_mode) == 0o600


def test_a_home_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigurationError, match="XRM_HOME"):
        create_home(tmp_path / "file" / "home")
