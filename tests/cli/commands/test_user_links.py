# SPDX-License-Identifier: Apache-2.0
"""Links that the command line gives: invitations, new passwords, the first administrator."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import ADMINISTRATOR, PASSWORD, Xrm
from xrm.invitations.redeeming import accept_invitation, create_first_administrator, reset_password
from xrm.runtime import open_runtime
from xrm.settings import load_settings
from xrm.unit_of_work import system_actor
from xrm_cli.first_administrator import tell_first_link
from xrm_cli.main import run

SYSTEM = system_actor()


def token_of(link: str) -> str:
    return link.strip().rpartition("/")[2]


def test_an_invitation_without_a_mail_server_gives_its_link(xrm_on_both: Xrm) -> None:
    rights = ("--department", "Sales", "--set", "editor")
    made = xrm_on_both.given("user", "invite", "nadia@example.org", "--name", "Nadia Ek", *rights)
    again = xrm_on_both.given("user", "invite", "NADIA@example.org")

    assert made["sent"] is False
    assert made["link"].startswith("http://127.0.0.1:5000/welcome/")
    assert again["id"] == made["id"]
    assert again["link"] != made["link"]
    runtime = open_runtime(load_settings())
    runtime.write(
        lambda uow: accept_invitation(uow, token_of(again["link"]), password=PASSWORD, name="Nadia", language="en"), SYSTEM
    )
    runtime.close()
    assert xrm_on_both("user", "invite", "nadia@example.org").code == 1


def test_an_invitation_is_listed_taken_back_and_who_has_a_password_gets_no_second_one(xrm: Xrm) -> None:
    xrm.given("user", "invite", "nadia@example.org", "--set", "reader", "--depth", "all")
    waiting = {one["email"]: one["invited"] for one in xrm.given("user", "list")["items"]}
    again = xrm.given("user", "send-link", "nadia@example.org")["link"]
    xrm.given("user", "take-back", "nadia@example.org")

    assert waiting == {"nadia@example.org": True, ADMINISTRATOR: False}
    assert "/welcome/" in again
    assert xrm("user", "take-back", "nadia@example.org").code == 4
    assert "sends no mail" in xrm("user", "send-link", ADMINISTRATOR).err


def test_a_link_for_a_new_password(xrm: Xrm) -> None:
    link = xrm.given("user", "reset-link", ADMINISTRATOR)["link"]

    runtime = open_runtime(load_settings())
    runtime.write(lambda uow: reset_password(uow, token_of(link), "another sentence"), SYSTEM)
    runtime.close()
    assert "/reset/" in link
    assert xrm("user", "reset-link", "nobody@example.org").code == 4


def test_a26_an_instance_without_administrator_tells_one_link(bare: Xrm, tmp_path: Path) -> None:
    made = bare("init", "--no-input", "--json")
    again = bare("init", "--no-input", "--json")

    assert (made.code, made.json["created"], made.json["email"]) == (0, True, None)
    assert "/welcome/" not in made.out
    links = [next(word for word in one.err.split() if "/welcome/" in word) for one in (made, again)]
    assert links[0] != links[1]
    given = {"email": "ada@example.org", "password": PASSWORD, "name": "Ada", "language": "en"}
    runtime = open_runtime(load_settings())
    runtime.write(lambda uow: create_first_administrator(uow, token_of(links[1]), **given), SYSTEM)
    runtime.close()
    assert bare("init", "--no-input", "--json").json["created"] is False
    assert bare("--as", "ada@example.org", "user", "list").code == 0
    assert (tmp_path / "instance" / "secret.key").is_file()


def test_serving_tells_the_link_only_while_nobody_can_sign_in(bare: Xrm, password_file: str) -> None:
    bare("init", "--no-input")
    runtime = open_runtime(load_settings())
    told: list[str] = []
    tell_first_link(runtime, "http://127.0.0.1:8080")
    told.append(bare._capsys.readouterr().err)
    assert run(["init", "--no-input", "--email", "ada@example.org", "--password-file", password_file]) == 0
    bare._capsys.readouterr()
    tell_first_link(runtime, "http://127.0.0.1:8080")
    told.append(bare._capsys.readouterr().err)
    runtime.close()

    assert "http://127.0.0.1:8080/welcome/" in told[0]
    assert told[1] == ""


def test_settings_of_providers_come_from_file_and_variables_and_secrets_are_not_shown(xrm: Xrm, tmp_path: Path) -> None:
    file = tmp_path / "instance" / "xrm.toml"
    file.write_text('mail_server = "smtp://u:canary@mail.example.org"\n[oidc.example]\nissuer = "https://id.example.org"\n'
                    'client_id = "a"\nallowed_domains = ["example.org", "example.com"]\n')
    settings = load_settings({"XRM_HOME": str(file.parent), "XRM_OIDC_EXAMPLE__CLIENT_SECRET": "canary"})

    assert settings.oidc["example"]["client_secret"] == "canary"
    assert settings.oidc["example"]["allowed_domains"] == "example.org example.com"
    assert settings.sources["oidc.example.client_secret"] == "XRM_OIDC_EXAMPLE__CLIENT_SECRET"
    shown = Xrm(xrm._capsys)("config", "show", "--json")
    assert "canary" not in shown.out
    assert shown.json["settings"]["oidc.example.issuer"]["value"] == "https://id.example.org"
