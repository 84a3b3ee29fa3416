# SPDX-License-Identifier: Apache-2.0
"""What is found about mail of the system and single sign-on, with and without asking the server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.factories.mail import mail_server
from xrm.health.ways_in import check_mail, check_single_sign_on, examine_mail
from xrm.settings import Settings


def test_the_mail_server_is_asked_only_where_there_is_time(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, mail_from="crm@example.org")
    away = replace(settings, mail_server="smtp://127.0.0.1:1")
    with mail_server() as box:
        (good,) = examine_mail(replace(settings, mail_server=box.url))

    cases = [replace(settings, mail_from=""), replace(settings, mail_server="mail"), away]
    assert good.state == "good"
    assert [one.state for case in cases for one in examine_mail(case)] == ["good", "bad", "bad"]
    assert [one.state for one in check_mail(away)] == ["good"]


def test_mistakes_in_the_settings_of_a_provider_are_named(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, oidc={"example": {"issuer": "https://id.example.org"}})

    (found,) = check_single_sign_on(settings)

    assert "client_id" in str(found.message)
