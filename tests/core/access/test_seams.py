# SPDX-License-Identifier: Apache-2.0
"""Where parts meet that each ask the gate: no error, count, import, file or log entry tells of what somebody may not see."""

from __future__ import annotations

import io
import uuid
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.factories.graph import Graph
from xrm.access.previewing import Preview, preview_grant
from xrm.access.service import create_shipped_sets
from xrm.contact_points.queries import list_contact_points
from xrm.contact_points.service import add_contact_point
from xrm.entities.listing import ListQuery
from xrm.entities.removal import delete_entity
from xrm.entities.service import create_entity, update_entity
from xrm.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from xrm.files.queries import find_files
from xrm.files.service import attach_files, save_file
from xrm.history.access_log import AccessLog
from xrm.history.log import list_accesses
from xrm.imports.run import run_import
from xrm.overlay.fields import add_field
from xrm.overlay.guarding import guard_field
from xrm.relationships.queries import list_relationships
from xrm.relationships.service import relate
from xrm.roles.service import start_role
from xrm.schema.grammar.read import read_relationships
from xrm.schema.load import builtin_rules
from xrm.schema.strict_yaml import parse
from xrm.sharing.service import Recipient, end_share, share_entity
from xrm.unit_of_work import Actor, Limits, UnitOfWork

WORD = "zanzibar"


@pytest.fixture
def plugins(with_trial: Mapping[str, str]) -> Mapping[str, str]:
    return with_trial


@pytest.fixture
def local(graph: Graph) -> Actor:
    """Somebody with every right in sales and none elsewhere."""
    return graph.user({graph.departments.sales: ["*:*"]})


def test_what_stands_in_the_way_of_a_deletion_is_named_as_far_as_it_is_seen(graph: Graph, local: Actor) -> None:
    firm = graph.organization()
    graph.create("ticket", {"name": WORD, "kept_by": firm}, graph.departments.press)

    def attempt() -> str:
        with pytest.raises(Conflict) as caught:
            graph.write(lambda uow: delete_entity(uow, firm), local)
        return str(caught.value)

    alone = attempt()
    graph.create("ticket", {"name": "Known", "kept_by": firm})
    both = attempt()

    assert "may not see" in alone
    assert "Known" in both
    assert "may not see" in both
    assert WORD not in alone + both
    with pytest.raises(Conflict, match=WORD):
        graph.write(lambda uow: delete_entity(uow, firm))


def test_a_relationship_of_another_department_is_told_by_no_error(graph: Graph, local: Actor) -> None:
    press = graph.departments.press
    firm, person = graph.organization(), graph.person()
    graph.role(firm, "partner", department=press)
    graph.write(lambda uow: relate(uow, "works_for", person, firm, department=press))

    graph.write(lambda uow: relate(uow, "works_for", person, firm, department=graph.departments.sales), local)
    with pytest.raises(Conflict):
        graph.write(lambda uow: relate(uow, "works_for", person, firm, department=graph.departments.sales), local)

    assert len(graph.read(lambda uow: list_relationships(uow, firm), local)) == 1
    assert len(graph.read(lambda uow: list_relationships(uow, firm))) == 2


MAPPING = """
things:
  firm:
    type: organization
    identifiers: {shop: id}
    fields: {name: name}
    contact_points: [{kind: email, value: mail}]
"""


def test_an_import_tells_of_no_address_of_another_department(graph: Graph, local: Actor, tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text(MAPPING, encoding="utf-8")

    def addresses_after(mail: str) -> set[str]:
        (tmp_path / "rows.csv").write_text(f"id,name,mail\n1,Acme,{mail}\n", encoding="utf-8")
        report = run_import(
            graph.runtime, local, tmp_path / "rows.csv", tmp_path / "map.yaml", department=graph.departments.sales
        )
        assert report.failed == 0
        one = graph.page(ListQuery("organization")).items[0].id
        return {point.value for point in graph.read(lambda uow: list_contact_points(uow, one), local)}

    assert addresses_after("known@example.org") == {"known@example.org"}
    firm = graph.page(ListQuery("organization")).items[0].id
    graph.role(firm, "partner", department=graph.departments.press)
    graph.write(lambda uow: add_contact_point(uow, firm, "email", f"{WORD}@example.org", department=graph.departments.press))

    # It becomes one of sales, as an address that nobody has would; once.
    for _ in range(2):
        assert addresses_after(f"{WORD}@example.org") == {"known@example.org", f"{WORD}@example.org"}


def organizations(told: Preview) -> set[tuple[int, int]]:
    return {(rows.before, rows.after) for each in told.people for rows in each.rows if rows.type.name == "organization"}


def test_a_preview_counts_nothing_where_the_one_who_asks_administers_nobody(graph: Graph) -> None:
    graph.write(create_shipped_sets)
    sales, press = graph.departments.sales, graph.departments.press
    for number in range(3):
        graph.organization(f"Hidden {number}", press)
    graph.organization()
    chief = graph.user({sales: ["*:read", "*:administer"]})
    reader = graph.user({press: ["*:read"]})
    assert reader.user_id is not None
    one = reader.user_id

    told = graph.read(lambda uow: preview_grant(uow, one, "reader", department=sales), chief)
    by_admin = graph.read(lambda uow: preview_grant(uow, one, "reader", department=sales))

    assert organizations(told) == {(0, 1)}
    assert organizations(by_admin) == {(3, 4)}


def test_a_file_of_a_role_needs_the_role(graph: Graph) -> None:
    """A file is opened by its address, so that to see the party is not enough."""
    sales = graph.departments.sales
    label = {"en": "Contract", "fr": "Contrat"}
    key = add_field(graph.runtime, graph.admin, "customer", "contract", {"type": "file", "label": label})
    firm = graph.organization()

    def write(uow: UnitOfWork) -> uuid.UUID:
        one = save_file(uow, "contract.pdf", io.BytesIO(b"%PDF-1.4 " + WORD.encode()), department=sales)
        start_role(uow, firm, "customer", {key: one}, department=sales)
        attach_files(uow, [one], firm, department=sales)
        return one

    one = graph.write(write)
    seen = {
        name: bool(graph.read(lambda uow: find_files(uow, [one]), graph.user({sales: rights})))
        for name, rights in {"all": ["*:read"], "party": ["organization:read", "file:read"],
                             "role": ["organization:read", "customer:read", "file:read"]}.items()
    }

    assert seen == {"all": True, "party": False, "role": True}


def test_the_words_of_an_export_are_for_who_audits_everything_and_sees_the_field(graph: Graph) -> None:
    firm, log = graph.organization(), AccessLog(graph.runtime, every=0)
    guard_field(graph.runtime, graph.admin, "organization", "trade_name")
    export = log.begin_export(graph.admin, "organization", f"trade_name=eq:{WORD}")
    export.add([firm])
    export.end(1)
    log.flush()

    def words(actor: Actor) -> list[str]:
        return [one.filter for one in graph.read(lambda uow: list_accesses(uow, firm)[0], actor)]

    assert words(graph.admin) == [f"trade_name=eq:{WORD}"]
    assert words(graph.user({graph.departments.sales: ["*:*"]})) == [""]
    assert words(graph.user({None: ["*:read", "audit:read"]}, "all")) == [""]
    sees = ["*:read", "audit:read", "organization.trade_name:see"]
    assert words(graph.user({None: sees}, "all")) == [f"trade_name=eq:{WORD}"]


def test_a18_a_token_shares_nothing_because_of_whose_it_is(graph: Graph) -> None:
    sales = graph.departments.sales
    owner, guest = graph.user({sales: ["*:read", "*:create"]}), graph.user({})
    one = graph.write(lambda uow: create_entity(uow, "ticket", {"name": "Mine"}, department=sales), owner)
    token = Actor("user", owner.user_id, owner.name, via="api", token_id=uuid.uuid4(), limits=Limits(("*:read",)))
    to = Recipient(guest.user_id)

    with pytest.raises(PermissionDenied):
        graph.write(lambda uow: share_entity(uow, one, to), token)
    given = graph.write(lambda uow: share_entity(uow, one, to), owner)
    with pytest.raises(PermissionDenied):
        graph.write(lambda uow: end_share(uow, given), token)
    graph.write(lambda uow: end_share(uow, given), owner)


def test_a_share_to_change_changes_fields_and_nothing_else(graph: Graph, local: Actor) -> None:
    guard_field(graph.runtime, graph.admin, "ticket", "code")
    one = graph.create("ticket", {"name": "Lent", "code": WORD}, graph.departments.press)
    graph.write(lambda uow: share_entity(uow, one, Recipient(local.user_id), "update"))

    graph.write(lambda uow: update_entity(uow, one, {"name": "Lent out"}), local)
    with pytest.raises(PermissionDenied):
        graph.write(lambda uow: update_entity(uow, one, {"code": "x"}), local)
    with pytest.raises(PermissionDenied):
        graph.write(lambda uow: delete_entity(uow, one), local)


RELATIONS = """
relationships:
  knows:
    label: {en: {forward: knows, reverse: is known by}, fr: {forward: connaît, reverse: connu de}}
    from: [person]
    to: [person]
    fields:
      secret: {type: text, guarded: true, label: {en: Secret, fr: Secret}}
"""


def test_a_guard_that_nobody_would_keep_is_refused() -> None:
    with pytest.raises(InvalidInput, match="guarded does not go with its fields"):
        read_relationships(parse(RELATIONS, "relationships.yaml"), "press", builtin_rules())
    assert read_relationships(parse(RELATIONS.replace("guarded: true, ", ""), "relationships.yaml"), "press", builtin_rules())


def test_what_was_lent_is_gone_for_good_with_the_share(graph: Graph, local: Actor) -> None:
    one = graph.create("ticket", {"name": "Lent"}, graph.departments.press)
    given = graph.write(lambda uow: share_entity(uow, one, Recipient(department=graph.departments.sales), "update"))

    def change(uow: UnitOfWork) -> int:
        return update_entity(uow, one, {"name": "Changed"})

    graph.write(change, local)
    graph.write(lambda uow: end_share(uow, given))
    with pytest.raises(NotFound):
        graph.write(change, local)
