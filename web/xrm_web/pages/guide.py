# SPDX-License-Identifier: Apache-2.0
"""The style guide: every macro with made-up data, to look at while developing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from xrm_web.inputs import Action, Cell, Column, Face, FieldInput, Option, RoleChip, Row
from xrm_web.security import public

blueprint = Blueprint("guide", __name__)
NAMES = (
    "Nadia Lefèvre",
    "Imprimerie Générale du Centre-Val de Loire et des Pays de la Loire Associés",
    "Folk och fä HB",
    "Tomás Ó Súilleabháin",
    "Blauer See Delikatessen",
    "Chop-suey Chinese",
    "Élodie Nguyễn",
    "Ana Trujillo Emparedados y helados",
    "Karim Haddad",
    "Northern Lights Broadcasting",
    "Ernst Handel",
    "Zoë van der Berg",
)
ROUND = frozenset({0, 3, 6, 8, 11})
ROLES = (
    RoleChip("Customer", "indigo", "handshake"),
    RoleChip("Partner", "teal", "network"),
    RoleChip("Distributor", "amber", "truck"),
    RoleChip("Press contact", "rose", "newspaper"),
    RoleChip("Employee", "sky", "briefcase"),
    RoleChip("Lobbyist", "violet", "landmark"),
    RoleChip("Supplier", "emerald", "package"),
    RoleChip("Member", "orange"),
    RoleChip("Investor", "cyan"),
    RoleChip("Former client", "slate", "history", ended=True),
)
CHOICES = (
    Option("new", "New"),
    Option("active", "Active", "good"),
    Option("waiting", "Waiting", "warn"),
    Option("lost", "Lost", "bad"),
)


COUNTRIES = (Option("FR", "France"), Option("DE", "Germany"), Option("SE", "Sweden"))
YES_NO = (Option("true", "Yes"), Option("false", "No"), Option("", "Not known"))
INPUTS = (
    FieldInput(name="name", kind="text", label="Name", value="Nadia Lefèvre", required=True),
    FieldInput(
        name="mail",
        kind="email",
        label="E-mail",
        value="nadia.lefevre",
        errors=("An e-mail address has an @: write name@example.org.",),
    ),
    FieldInput(name="phone", kind="tel", label="Phone", value="+33 2 38 00 00 00", help="Also without the country code."),
    FieldInput(name="site", kind="url", label="Web site", placeholder="example.org"),
    FieldInput(name="size", kind="number", label="Employees", value="1 250"),
    FieldInput(name="share", kind="number", label="Share", value="12,5", unit="%"),
    FieldInput(
        name="limit",
        kind="money",
        label="Credit limit",
        parts={"amount": "12 500,00", "currency": "EUR"},
        choices=(Option("EUR", "EUR €"), Option("USD", "USD $")),
    ),
    FieldInput(name="spent", kind="duration", label="Duration", parts={"hours": "1", "minutes": "30"}),
    FieldInput(name="birth", kind="date", label="Birth date", value="1984-05-12"),
    FieldInput(name="at", kind="datetime", label="Next meeting", value="2026-11-24T09:30"),
    FieldInput(name="status", kind="select", label="Status", value="active", choices=CHOICES),
    FieldInput(name="country", kind="country", label="Country", value="FR", choices=COUNTRIES),
    FieldInput(name="vip", kind="checkbox", label="Do not contact"),
    FieldInput(name="news", kind="checkbox", label="Newsletter", value="true", choices=YES_NO),
    FieldInput(
        name="langs",
        kind="multiselect",
        label="Languages",
        values=("fr",),
        choices=(Option("fr", "French"), Option("en", "English"), Option("de", "German")),
    ),
    FieldInput(name="tags", kind="tags", label="Interests", values=("golf", "opera"), help="Separate by commas."),
    FieldInput(
        name="boss", kind="link", label="Account manager", value="1", choices=(Option("1", "Karim Haddad"),), search_url="/pick"
    ),
    FieldInput(name="stars", kind="rating", label="Rating", value="3"),
    FieldInput(name="file", kind="file", label="Contract"),
    FieldInput(name="number", kind="text", label="Customer number", value="C-20481", read_only=True),
    FieldInput(
        name="place",
        kind="address",
        label="Address",
        parts={"street": "12 rue de la République", "postal_code": "45000", "city": "Orléans", "country": "FR"},
        choices=COUNTRIES,
    ),
    FieldInput(name="about", kind="textarea", label="About", value="Met at the book fair in Tours."),
    FieldInput(name="extra", kind="json", label="Extra data", value='{"a": 1}'),
)


@blueprint.get("/_styleguide")
@public
def show() -> ResponseReturnValue:
    """All macros on one page."""
    faces = [Face(f"0193-{at:04x}-{name[:4]}{at * 37:03x}", name, "#", at in ROUND) for at, name in enumerate(NAMES)]
    now = datetime.now(UTC)
    return render_template(
        "guide.html",
        faces=faces,
        roles=ROLES,
        inputs=INPUTS,
        columns=_columns(),
        rows=_rows(faces),
        facts=_facts(faces),
        now=now,
        earlier=now - timedelta(hours=3),
        yesterday=now - timedelta(days=1, hours=2),
        actions=_actions(),
    )


def _actions() -> list[Action]:
    return [
        Action(label="Edit", href="#", icon="pencil", key="e"),
        Action(label="Link to another…", href="#", icon="link"),
        Action(label="Delete", href="#", icon="trash-2", bad=True),
    ]


def _columns() -> list[Column]:
    return [
        Column(key="title", label="Name", sort_href="#", sorted="ascending"),
        Column(key="status", label="Status", sort_href="#"),
        Column(key="city", label="City", sort_href="#"),
        Column(key="manager", label="Account manager"),
        Column(key="tags", label="Interests"),
        Column(key="since", label="Since", sort_href="#"),
        Column(key="limit", label="Credit limit", right=True, sort_href="#"),
    ]


def _rows(faces: list[Face]) -> list[Row]:
    cities = ("Orléans", "Tours", "Bräcke", "", "Mannheim", "Bern")
    return [
        Row(
            id=f"r{at}",
            entity=face,
            cells=(
                Cell(kind="badge", text=CHOICES[at % 4].label, tone=CHOICES[at % 4].tone),
                Cell(text=cities[at % 6]),
                Cell(kind="link", entity=faces[(at * 3) % 12] if at % 3 else None),
                Cell(kind="tags", items=(Cell(text="golf"), Cell(text="opera"))) if at % 2 else Cell(),
                Cell(kind="date", text=f"{at + 1} Mar 2024", value=f"2024-03-{at + 1:02}"),
                Cell(kind="money", text=f"€{(at * 7919) % 90000:,}.00") if at % 5 else Cell(kind="money"),
            ),
            actions=tuple(_actions()),
        )
        for at, face in enumerate(faces)
    ]


def _facts(faces: list[Face]) -> list[tuple[str, Cell]]:
    return [
        ("Customer number", Cell(text="C-20481")),
        ("E-mail", Cell(kind="email", text="nadia.lefevre@example.org", value="nadia.lefevre@example.org")),
        ("Phone", Cell(kind="phone", text="+33 2 38 00 00 00", value="+33238000000")),
        ("Web site", Cell(kind="url", text="example.org", value="https://example.org")),
        ("Address", Cell(kind="address", text="12 rue de la République, 45000 Orléans, France")),
        ("Status", Cell(kind="badge", text="Active", tone="good")),
        ("Works for", Cell(kind="link", entity=faces[1])),
        ("Newsletter", Cell(kind="yes_no", value="true", text="Yes")),
        ("Rating", Cell(kind="rating", value="4", text="4")),
        ("Score", Cell(kind="score", value="82", text="High", tone="good")),
        ("Raw", Cell(kind="json", text='{"source": "import", "row": 12}')),
        *((label, Cell()) for label in ("Fax", "Nationality", "Birth date", "Occupation", "Children", "Tier", "Segment")),
    ]
