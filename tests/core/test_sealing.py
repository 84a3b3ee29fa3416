# SPDX-License-Identifier: Apache-2.0
"""Secrets at rest: opened for their purpose, with a key of now or of before, and with nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from xrm.errors import ConfigurationError
from xrm.sealing import is_sealed_anew, is_weak, seal, unseal
from xrm.settings import Settings, load_settings

SETTINGS = Settings(home=Path(), secret_key="a key for tests, long enough to be taken")


def test_what_is_sealed_can_be_opened_and_not_read() -> None:
    sealed = seal(SETTINGS, "totp of 1", b"JBSWY3DPEHPK3PXP")

    assert unseal(SETTINGS, "totp of 1", sealed) == b"JBSWY3DPEHPK3PXP"
    assert b"JBSWY3DP" not in sealed
    assert sealed != seal(SETTINGS, "totp of 1", b"JBSWY3DPEHPK3PXP")


def test_a_secret_of_another_row_does_not_open() -> None:
    with pytest.raises(ConfigurationError, match="belongs to another row"):
        unseal(SETTINGS, "totp of 2", seal(SETTINGS, "totp of 1", b"x"))


@pytest.mark.parametrize("place", [0, 2, 6, -1])
def test_a_changed_byte_does_not_open(place: int) -> None:
    sealed = bytearray(seal(SETTINGS, "a", b"secret"))
    sealed[place] ^= 1

    with pytest.raises(ConfigurationError):
        unseal(SETTINGS, "a", bytes(sealed))


def test_a_former_key_opens_what_it_sealed() -> None:
    sealed = seal(SETTINGS, "a", b"secret")
    turned = replace(SETTINGS, secret_key="another key, as long as it has to be", former_secret_keys=(SETTINGS.secret_key,))
    lost = replace(turned, former_secret_keys=())

    assert unseal(turned, "a", sealed) == b"secret"
    assert not is_sealed_anew(turned, sealed)
    assert is_sealed_anew(turned, seal(turned, "a", b"secret"))
    with pytest.raises(ConfigurationError, match="former_secret_keys"):
        unseal(lost, "a", sealed)


def test_a21_nothing_is_sealed_without_a_key() -> None:
    with pytest.raises(ConfigurationError, match="XRM_SECRET_KEY"):
        seal(replace(SETTINGS, secret_key=""), "a", b"x")


def test_a21_a_key_made_by_a_generator_is_not_weak(tmp_path: Path) -> None:
    from xrm.settings import create_home  # noqa: PLC0415  # the one that operators get

    create_home(tmp_path / "instance")

    assert not is_weak(load_settings({}, home=tmp_path / "instance").secret_key)


def test_settings_read_lists_and_numbers(tmp_path: Path) -> None:
    (tmp_path / "xrm.toml").write_text('trusted_proxies = ["10.0.0.0/8", "::1"]\nsession_days = 3\n')

    read = load_settings({"XRM_FORMER_SECRET_KEYS": "one, two"}, home=tmp_path)

    assert read.trusted_proxies == ("10.0.0.0/8", "::1")
    assert (read.session_days, read.former_secret_keys) == (3, ("one", "two"))
    assert read.masked()["former_secret_keys"] == "********"
    assert read.masked()["trusted_proxies"] == "10.0.0.0/8, ::1"


@pytest.mark.parametrize("line", ['session_days = "many"', "session_idle_minutes = 0", 'second_factor = "perhaps"'])
def test_a_setting_that_cannot_be_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "xrm.toml").write_text(f"{line}\n")

    with pytest.raises(ConfigurationError, match=line.partition(" ")[0]):
        load_settings({}, home=tmp_path)
