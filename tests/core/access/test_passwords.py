# SPDX-License-Identifier: Apache-2.0
"""What a password must be, and what is kept of it."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from pathlib import Path

import argon2
import pytest

from xrm.access.passwords import check_password, hash_password, is_right, renewed
from xrm.access.service import create_user, set_password
from xrm.errors import ConfigurationError, InvalidInput
from xrm.runtime import Runtime
from xrm.settings import Settings
from xrm.unit_of_work import system_actor

SETTINGS = Settings(home=Path())
ABOUT = ("nadia.lefevre@papier.example", "Nadia Lefèvre")


def refusal(password: str, settings: Settings = SETTINGS) -> str:
    """Why the password is refused; empty when it is taken."""
    try:
        check_password(password, settings, ABOUT)
    except InvalidInput as error:
        return str(error.problems[0].message)
    return ""


@pytest.mark.parametrize(
    "password",
    ["password", "Password1!", "P@ssw0rd2024", "azerty123", "AZERTYUIOP", "MotDePasse!", "Soleil123!!", "qwertz12345", "12345678",
     "14071989", "aaaaaaaaaa", "1q2w3e4r5t", "iloveyou2", "bienvenue2025", "correcthorsebatterystaple"],
)  # fmt: skip
def test_what_everybody_chooses_is_refused(password: str) -> None:
    assert "tried first" in refusal(password)


@pytest.mark.parametrize(
    "password",
    ["nadia.lefevre@papier.example", "NadiaLefevre1", "lefevre-2024", "Lefèvre!!", "papier.example", "xrm-2026!", "xrmxrmxrm",
     "nadia.lefevre@papier", "Lefevre Nadia Papier 1"],
)
def test_a_name_that_others_know_is_refused(password: str) -> None:
    assert "name or address" in refusal(password)


@pytest.mark.parametrize(
    "password",
    ["correct horse battery", "bateau-lavoir-42", "Xk4-tulip-orbit", "nadia rides nine slow camels", "ひみつのことばです"],
)
def test_what_nobody_guesses_is_taken(password: str) -> None:
    assert refusal(password) == ""


@pytest.mark.parametrize("password", ["", "seven77", "x" * 1025])
def test_too_short_and_too_long_are_refused(password: str) -> None:
    assert "8 to 1024" in refusal(password)


def test_a_list_of_the_operator_is_looked_up_where_it_lies(tmp_path: Path) -> None:
    known = [f"unlikely phrase {number}" for number in range(2000)]
    lines = sorted(hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest().upper() for text in known)
    counted = [f"{line}:{random.randint(1, 10**9)}" for line in lines]
    (tmp_path / "list.txt").write_text("\r\n".join(counted) + "\r\n")
    settings = replace(SETTINGS, home=tmp_path, password_list="list.txt")

    assert [text for text in known if not refusal(text, settings)] == []
    assert [number for number in range(2000) if refusal(f"other phrase {number}", settings)] == []


def test_a_list_that_is_gone_lets_nothing_through(tmp_path: Path) -> None:
    settings = replace(SETTINGS, password_list=str(tmp_path / "gone.txt"))

    with pytest.raises(ConfigurationError, match="password_list"):
        check_password("correct horse battery", settings)


def test_a_hash_of_former_parameters_is_made_anew() -> None:
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("correct horse battery")

    fresh = renewed(weak, "correct horse battery")

    assert fresh is not None
    assert is_right(fresh, "correct horse battery")
    assert renewed(fresh, "correct horse battery") is None
    assert fresh.startswith("$argon2id$")


def test_no_hash_is_no_password() -> None:
    assert not is_right(None, "correct horse battery")
    assert not is_right("no hash", "correct horse battery")
    assert is_right(hash_password("correct horse battery", SETTINGS), "correct horse battery")


@pytest.mark.by_turns
def test_services_refuse_what_is_known(runtime: Runtime) -> None:
    with pytest.raises(InvalidInput, match="tried first"):
        runtime.write(lambda uow: create_user(uow, "a@example.org", password="Password1!"), system_actor())
    one = runtime.write(lambda uow: create_user(uow, "vercors@example.org", name="Odile Vercors"), system_actor())
    with pytest.raises(InvalidInput, match="name or address"):
        runtime.write(lambda uow: set_password(uow, one, "Vercors 2024"), system_actor())
