# SPDX-License-Identifier: Apache-2.0
"""Every route × nobody signed in, rights in another department, without the right, with it. A route that is not listed fails."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.factories.access import Departments, add_user
from tests.web.conftest import SignIn
from xrm.access.service import create_shipped_sets, create_user, give
from xrm.audit.models import audit_entry
from xrm.contact_points.service import add_contact_point
from xrm.core_tables import metadata
from xrm.entities.service import create_entity
from xrm.interactions.service import record_interaction
from xrm.relationships.service import relate
from xrm.roles.service import start_role
from xrm.runtime import Runtime
from xrm.sharing.service import Recipient, share_entity
from xrm.tokens.models import token
from xrm.tokens.service import create_token
from xrm.unit_of_work import Actor, UnitOfWork, system_actor
from xrm_web.security import guard_of

SYSTEM = system_actor("test")
SALES = {"base": "xrm_base", "sales": "xrm_sales"}
# What changes without anybody changing anything: sessions in use, tries, what was noted of who looked.
UNWATCHED = {
    "session", "sign_in_attempt", "sign_in_ticket", "access_entry", "access_entity", "outbox", "sequence_head", "link_request",
}

OPEN = """
    forgot.arrive forgot.ask forgot.asked forgot.change forgot.changed forgot.choose forgot.show help.show me.switch_language
    monitoring.health monitoring.metrics passkeys.enter passkeys.options_to_sign second_factor.confirm_enrolment
    second_factor.enrol second_factor.enter second_factor.show sign_in.enter sign_in.leave sign_in.show single_sign_on.back
    single_sign_on.begin static welcome.arrive welcome.come_in welcome.show guide.show
""".split()
# One's own things, and pages that are the same for all and hold what each may see; tests of the gate say what that is.
OWN = """
    home.show search.show pickers.pick lists.parties lists.as_json lists.as_csv me.choose_department me.fold_rail me.save me.show
    own_factors.confirm own_factors.renew_codes own_factors.show_app own_factors.start own_factors.remove
    own_sign_in.change_password own_sign_in.end_others own_sign_in.show passkeys.add passkeys.options_to_create
    single_sign_on.link single_sign_on.mine tokens.create tokens.show confirm.enter confirm.enter_by_passkey confirm.show
    admin_viewing.end
""".split()
# What belongs to one person: others are told that it is not there.
OTHERS = "own_factors.remove_one_passkey own_sign_in.end_session single_sign_on.remove tokens.revoke".split()
READ = """
    lists.show records.show records.go history.show relationships.show panels.show files.download
""".split()
CHANGE = """
    actions.run contact_points.add contact_points.edit contact_points.end contact_points.prefer forms.create forms.save
    history.back history.bring_back interactions.add interactions.delete interactions.edit interactions.restore records.move
    relationships.add relationships.edit relationships.end relationships.remove removal.delete removal.move removal.restore
    roles.add roles.again roles.delete roles.end roles.restore shares.end shares.share forms.edit forms.new actions.ask
    history.preview forms.conditions
""".split()
ADMIN = """
    admin.overview admin_departments.add admin_departments.change admin_departments.create admin_departments.leave
    admin_departments.remove admin_departments.show admin_departments.show_all admin_departments.show_delete
    admin_departments.show_edit admin_departments.show_new admin_health.fix admin_health.release admin_health.show
    admin_moving.show admin_moving.move
    admin_health.snooze admin_health.wake admin_help.show admin_help.take admin_invitations.again admin_invitations.preview
    admin_invitations.remove admin_invitations.send admin_invitations.show admin_invitations.show_again
    admin_people.change admin_people.create admin_people.join admin_people.show admin_people.show_all
    admin_people.show_new admin_plugins.change admin_plugins.matrix
    admin_plugins.offer admin_plugins.show admin_plugins.switch
    admin_plugin_settings.show admin_plugin_settings.save admin_plugin_upgrades.removal admin_plugin_upgrades.upgrade
    admin_rights.end admin_rights.reach admin_rights.save
    admin_rights.show_end admin_rights.show_give admin_sets.create admin_sets.preview admin_sets.remove admin_sets.restore
    admin_sets.save admin_sets.show admin_sets.show_again admin_sets.show_all admin_sets.show_edit admin_sets.show_new
    admin_tokens.revoke admin_tokens.show admin_viewing.begin admin_why.show audit.as_csv audit.show history.seen
""".split()
API = ["api_me.show"]
LISTED = {"open": OPEN, "own": OWN, "others": OTHERS, "read": READ, "change": CHANGE, "admin": ADMIN, "api": API}
# Passkeys need https, which these tests do not have.
NOT_SET_UP = {
    "passkeys.options_to_sign", "passkeys.enter", "passkeys.options_to_create", "passkeys.add", "confirm.enter_by_passkey",
}
# Questions about oneself, and first steps of a form that ask for more before anything is done.
READERS_MAY = {
    "forms.conditions", "history.preview", "admin_why.show", "relationships.add", "roles.add", "roles.again", "history.back",
}
# Somebody who administers another department has pages of their own there; of this one they see nothing.
LISTS_OF_ADMINISTRATORS = """
    lists.show forms.new forms.create forms.conditions
    admin.overview admin_departments.show_all admin_people.show_all admin_tokens.show admin_plugins.matrix admin_plugins.show
    admin_plugin_settings.show
    admin_sets.show_all admin_sets.show admin_why.show audit.show audit.as_csv admin_departments.show_new
    admin_invitations.show admin_invitations.show_again
    admin_sets.show_new admin_sets.show_edit admin_rights.show_give admin_sets.preview admin_sets.show_again
""".split()
FORMS: Mapping[str, dict[str, Any]] = {
    "contact_points.add": {"kind": "email", "value": "new@example.org"},
    "contact_points.edit": {"value": "other@example.org", "kind": "email"},
    "forms.create": {"name": "Made", "_department": ""},
    "forms.save": {"name": "Changed", "_version": "1"},
    "interactions.add": {"kind": "note", "body": "Written by hand"},
    "interactions.edit": {"subject": "Changed", "body": "Changed", "_version": "1", "version": "1"},
    "roles.add": {"type": "partner", "_type": "partner"},
    "relationships.add": {"kind": "works_for", "target": ""},
    "shares.share": {"with": "", "action": "read"},
    "admin_people.create": {"email": "made@example.org", "name": "Made"},
    "admin_plugin_settings.save": {"department": "{department}", "s-host": "mail.example.org"},
    "admin_people.join": {"department": "{department}"},
    "admin_departments.add": {"user": "{user_id}"},
    "admin_people.change": {"name": "Changed", "email": "changed@example.org"},
    "admin_departments.create": {"name": "Made"},
    "admin_departments.change": {"name": "Changed"},
    "admin_plugins.switch": {"change": "disable"},
    "admin_plugins.offer": {"offered": "yes"},
    "admin_rights.save": {"set": "administrator", "depth": "all"},
    "admin_sets.create": {"key": "made", "label_en": "Made", "label_fr": "Fait", "permissions": "*:*"},
    "admin_sets.save": {"label_en": "Changed", "label_fr": "Changé", "permissions": "*:*"},
    "admin_invitations.preview": {"email": "made@example.org", "department": "{department}", "set": "reader"},
    "admin_invitations.send": {"email": "made@example.org", "name": "Made", "department": "{department}", "set": "reader"},
    "removal.move": {"department": ""},
}


@pytest.fixture
def plugins() -> Mapping[str, str]:
    return SALES


@pytest.fixture
def places(runtime: Runtime, admin: Actor, departments: Departments) -> dict[str, Any]:
    """One of each thing in sales, by the name that routes have for it."""
    def write(uow: UnitOfWork) -> dict[str, Any]:
        sales = departments.sales
        company = create_entity(uow, "organization", {"name": "Acme"}, department=sales)
        person = create_entity(uow, "person", {"last_name": "Lovelace"}, department=sales)
        somebody = create_user(uow, "somebody@example.org")
        create_shipped_sets(uow)
        given = give(uow, somebody, "reader", department=sales)
        return {
            "entity_id": company, "role_id": start_role(uow, company, "customer", {"number": "C1"}, department=sales),
            "point_id": add_contact_point(uow, company, "email", "acme@example.org", department=sales),
            "interaction_id": record_interaction(uow, "note", department=sales, participants=[company], body="Hello"),
            "link_id": relate(uow, "works_for", person, company, department=sales),
            "share_id": share_entity(uow, company, Recipient(somebody, None), "read"),
            "department_id": sales, "department": sales, "user_id": somebody, "grant_id": given,
            "token_id": _token(uow),
        }

    found = runtime.write(write, admin)
    entry = runtime.read(
        lambda uow: uow.execute(select(audit_entry.c.id).where(audit_entry.c.entity_id == found["entity_id"])).scalars().first(),
        SYSTEM,
    )
    nowhere = uuid.uuid4()
    return found | {
        "entry_id": entry, "file_id": nowhere, "identity_id": nowhere, "passkey_id": nowhere, "handle": "0" * 16, "token": "none",
        "plugin": "base", "entity": "organization", "name": "sales", "key": "reader", "owner": "sales", "filename": "app.css",
        "what": "sessions",
    }


def _token(uow: UnitOfWork) -> uuid.UUID:
    assert uow.actor.user_id is not None
    create_token(uow, uow.actor.user_id, "mine", expires_at=None)
    found: uuid.UUID = uow.execute(select(token.c.id)).scalar_one()
    return found


def endpoints(app: Flask) -> dict[str, list[tuple[str, Rule]]]:
    found: dict[str, list[tuple[str, Rule]]] = {}
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            found.setdefault(rule.endpoint, []).append((method, rule))
    return found


def test_every_route_is_in_exactly_one_row(app: Flask) -> None:
    listed = [name for names in LISTED.values() for name in names]

    assert sorted(listed) == sorted(set(listed))
    assert set(listed) == set(endpoints(app))
    assert {name for name in listed if guard_of(app, name) == "public"} == set(OPEN)


class Calls:
    """Sends one request to each route of some rows, filled with what is there."""

    def __init__(self, app: Flask, places: dict[str, Any]) -> None:
        self.app, self.places = app, places

    def of(self, names: list[str]) -> list[tuple[str, str, str]]:
        with self.app.test_request_context():
            return [
                (name, method, self._path(rule))
                for name in names for method, rule in endpoints(self.app)[name]
            ]

    def _path(self, rule: Rule) -> str:
        built = rule.build({key: self.places[key] for key in rule.arguments})
        assert built is not None, rule
        return str(built[1])

    def send(self, client: FlaskClient, name: str, method: str, path: str) -> TestResponse:
        form = {key: value.format(**self.places) for key, value in FORMS.get(name, {"x": "1"}).items()}
        return client.open(path, method=method, data=form if method == "POST" else None)


@pytest.fixture
def calls(app: Flask, places: dict[str, Any]) -> Calls:
    return Calls(app, places)


def snapshot(runtime: Runtime) -> dict[str, list[str]]:
    def take(uow: UnitOfWork) -> dict[str, list[str]]:
        tables = [table for table in metadata.sorted_tables if table.name not in UNWATCHED]
        return {table.name: sorted(map(repr, uow.execute(select(table)).all())) for table in tables}

    return runtime.read(take, SYSTEM)


def test_a16_nobody_gets_further_than_the_door(app: Flask, calls: Calls, runtime: Runtime) -> None:
    client = app.test_client()
    before = snapshot(runtime)
    for name, method, path in calls.of([*OWN, *OTHERS, *READ, *CHANGE, *ADMIN]):
        answer = calls.send(client, name, method, path)

        is_sent_to_sign_in = answer.status_code == 302 and answer.location.startswith("/in")
        assert is_sent_to_sign_in or answer.status_code == 401, (name, method, answer.status_code)
        assert "Acme" not in answer.text, name
    assert snapshot(runtime) == before


def test_a16_public_pages_show_nothing_of_the_data(app: Flask, calls: Calls) -> None:
    client = app.test_client()
    for name, method, path in calls.of(OPEN):
        answer = calls.send(client, name, method, path)

        assert answer.status_code < 500 or name in NOT_SET_UP, (name, method, answer.status_code)
        assert "Acme" not in answer.get_data(as_text=True), name
        answer.close()


def may_look(who: str, name: str, method: str) -> bool:
    if who == "foreign":
        return name in LISTS_OF_ADMINISTRATORS
    # A form that somebody opens who may not send it holds what they may read.
    return name in READERS_MAY or (name in CHANGE and method == "GET")


@pytest.mark.parametrize("who", ["foreign", "without"])
def test_a01_a07_without_the_right_nothing_is_shown_and_nothing_changes(
    who: str, runtime: Runtime, sign_in: SignIn, calls: Calls, departments: Departments
) -> None:
    rights: Mapping[uuid.UUID, list[str]] = {departments.press: ["*:*"]} if who == "foreign" else {departments.sales: ["*:read"]}
    client = sign_in(runtime.write(lambda uow: add_user(uow, f"{who}@example.org", rights), SYSTEM))
    nobody = sign_in(runtime.write(lambda uow: add_user(uow, f"nobody.{who}@example.org", {}), SYSTEM))
    before, wrong = snapshot(runtime), list[tuple[str, str, object]]()
    for name, method, path in calls.of([*OTHERS, *READ, *CHANGE, *ADMIN]):
        is_read = name in READ or name in OTHERS
        answer = calls.send(nobody if is_read and who == "without" else client, name, method, path)

        is_right = answer.status_code < 500 if may_look(who, name, method) else answer.status_code in (403, 404)
        if not is_right or (who == "foreign" and "Acme" in answer.text):
            wrong.append((name, method, answer.status_code))
        if method == "POST" and name != "forms.create" and snapshot(runtime) != before:
            wrong.append((name, method, "changed something"))
            before = snapshot(runtime)
    assert wrong == [], "\n".join(map(str, wrong))


def test_with_the_right_every_route_answers(client: FlaskClient, calls: Calls) -> None:
    wrong = []
    for name, method, path in calls.of([*OWN, *READ, *CHANGE, *ADMIN]):
        if name in {"own_factors.start", "own_sign_in.end_others", "me.save"}:
            continue
        answer = calls.send(client, name, method, path)

        if answer.status_code in (401, 403) or (answer.status_code >= 500 and name not in NOT_SET_UP):
            wrong.append((name, method, answer.status_code))
        answer.close()
    assert wrong == []
