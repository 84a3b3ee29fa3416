# SPDX-License-Identifier: Apache-2.0
"""The grammar of entity files: one marshmallow schema per kind of mapping, from which messages and editors' help come."""

from __future__ import annotations

from xrm.errors import msg
from xrm.schema.grammar.groups import ChoiceText, Keyed, LabelText, Several
from xrm.schema.grammar.mapping import Grammar, Nested
from xrm.schema.grammar.values import (
    ENTITY_RESERVED,
    RIGHTS_RESERVED,
    TYPE_RESERVED,
    Anything,
    Condition,
    Expression,
    Flag,
    Name,
    OneOf,
    Part,
    Pattern,
    Scalar,
    Text,
    Whole,
)
from xrm.schema.model import RESERVED_KEYS

VERBS = tuple("read create update delete link send import export administer".split())
COLORS = tuple("indigo teal amber rose sky violet emerald slate orange cyan".split())
LEGAL_BASES = tuple("consent contract legal_obligation vital public_task legitimate_interest".split())
CARDINALITIES = tuple("one_to_one one_to_many many_to_one many_to_many".split())
MOST_HIGHLIGHTS = 7


def _icon() -> Part:
    return Pattern(
        "Lucide icon.", r"^[a-z0-9]+(-[a-z0-9]+)*$", msg('"{found}" is no icon name. Write one of lucide.dev: handshake.')
    )


class FieldGrammar(Grammar):
    """One field of an entity type, a relationship type, or a plugin's settings."""

    type = Name("Field type.", required=True, example="text")
    label = LabelText("What people call it, in English and French.", required=True, example="{en: Name, fr: Nom}")
    help = LabelText("One sentence under the input.")
    required = Condition("Must be filled: true, or an expression that says when.")
    default = Anything("Value of new entries; text that begins with = is an expression.")
    unique = Flag("No two entries have the same value.")
    many = Flag("Several values.")
    search = OneOf("weight", ("strong", "normal", "weak"), "Found by the search, with this weight.")
    index = Flag("Filtered often: keep a database index.")
    min = Scalar("Lowest value.")
    max = Scalar("Highest value.")
    length = Whole("Most characters.", lowest=1)
    pattern = Text("Regular expression that the whole text matches.")
    scale = Whole("Digits after the decimal point.")
    choices = Keyed(ChoiceText(), "Stored value and its text in both languages.", by_choice=True)
    to = Several(Name(), "Types a link may point to; also party, record, entity.")
    inverse = LabelText("What the linked page calls the way back.")
    dated = Flag("Each value has a period.")
    if_gone = OneOf("value", ("clear", "remove", "refuse"), "What happens when the linked entity is deleted.")
    formula = Expression("How a computed field is computed.")
    stored = Flag("A computed value is kept in the table.")
    personal = Flag("Personal data: exported and erased on request.")
    history = Flag("Changes are kept in the audit.")
    read_only = Flag("Never edited by people.")
    when = Expression("Shown only when this holds.")
    guarded = Flag("Seen and edited only with rights of its own: TYPE.FIELD:see, TYPE.FIELD:edit.")
    see = Text("Permission needed to see it.")
    edit = Text("Permission needed to edit it.")
    retired = Flag("Kept, but hidden.")


class NamesGrammar(Grammar):
    """Names of a type in one language."""

    one = Text("One of them.", required=True, example="customer")
    many = Text("Several of them.", required=True, example="customers")


class FrenchNamesGrammar(NamesGrammar):
    """Names of a type in French, which needs the gender."""

    gender = OneOf("gender", ("m", "f"), "m or f.", required=True, example="m")


class TypeLabelGrammar(Grammar):
    """Names of a type in all languages."""

    en = Nested(NamesGrammar, "English.", required=True, example="{one: customer, many: customers}")
    fr = Nested(FrenchNamesGrammar, "French.", required=True, example="{one: client, many: clients, gender: m}")


class MatchGrammar(Grammar):
    """One duplicate rule."""

    on = Several(Text(), "Fields that are equal in duplicates.", required=True, example="[name, city]")
    certainty = OneOf("certainty", ("sure", "likely", "possible"), "How sure it is that both are one.")


class StagesGrammar(Grammar):
    """The path of an entity: its choice field, the moves, what each stage asks for."""

    field = Text("The choice field that holds the stage.", required=True, example="stage")
    moves = Keyed(
        Several(Text()), "Stage and the stages it may move to.", required=True, by_choice=True, example="{new: [won, lost]}"
    )
    asks = Keyed(Several(Text()), "Stage and the fields asked for on entering it.", by_choice=True)


class SectionGrammar(Grammar):
    """A titled group of fields."""

    label = LabelText("Its title.", required=True, example="{en: Contract, fr: Contrat}")
    fields_ = Several(
        Text(), "Its fields, in order.", required=True, data_key="fields", attribute="fields", example="[number, status]"
    )


class PageGrammar(Grammar):
    """The order of a page."""

    highlights = Several(Text(), "At most seven fields at the top.", most=MOST_HIGHLIGHTS)
    sections = Several(Nested(SectionGrammar), "Groups of fields.")


class ViewGrammar(Grammar):
    """A shipped list."""

    label = LabelText("Its name.", required=True, example="{en: Open, fr: En cours}")
    columns = Several(Text(), "Columns, in order.")
    where = Expression("Which entries it shows.")
    sort = Several(Text(), "Fields to sort by; -field for descending.")
    group = Text("Field to group by.")
    shown_as = OneOf("way to show", ("list", "board", "calendar", "map"), "How it is shown.", data_key="as", attribute="shown_as")
    default = Flag("Shown first.")


class PrivacyGrammar(Grammar):
    """Why personal data is kept, how long, and what happens then."""

    basis = OneOf("legal basis", LEGAL_BASES, "Legal basis of GDPR article 6.")
    keep = Pattern(
        "How long.",
        r"^(\d+ (day|week|month|year)s?|forever)$",
        msg('Write a number and days, weeks, months or years, not "{found}".'),
    )
    at_end = OneOf("end", ("erase", "anonymise", "review"), "What happens then.")


class InterchangeGrammar(Grammar):
    """How other programs call the fields."""

    csv = Keyed(Several(Text()), "Field and the column titles it is known by.")
    vcard = Keyed(Text(), "Field and its vCard property.")
    events = Flag("Changes are announced to webhooks.")


class EntityGrammar(Grammar):
    """A whole entity file."""

    entity = Name("Name of the type; the file is called like it.", required=True, reserved=RIGHTS_RESERVED, example="outlet")
    kind = OneOf("kind", ("record", "role", "party"), "record, role or party.", required=True, example="record")
    of = Several(Name(), "Party types that can have this role.")
    label = Nested(
        TypeLabelGrammar, "Names in both languages.", required=True, example="{en: {one: outlet, many: outlets}, fr: …}"
    )
    help = LabelText("One sentence about the type.")
    icon = _icon()
    color = OneOf("colour", COLORS, "Colour of the role's chip.")
    title = Text('What an entry is called: "{name}".')
    sort_as = Text('What titles are sorted by: "{last_name} {first_name}".')
    subtitle = Text('Second line under the title: "{occupation}".')
    single = Flag("A party has this role at most once at a time.")
    revision = Whole("Counted up with each change that needs data to move.", lowest=1)
    renamed = Keyed(Name(), "Old field key and its new one.")
    contactable = Expression("false for a party to which no channel may write.")
    fields_ = Keyed(
        Nested(FieldGrammar), "The fields, in order.", reserved=ENTITY_RESERVED, data_key="fields", attribute="fields"
    )
    match = Several(Nested(MatchGrammar), "Duplicate rules.")
    stages = Nested(StagesGrammar, "Stages and moves.")
    page = Nested(PageGrammar, "Order of the page.")
    views = Keyed(Nested(ViewGrammar), "Shipped lists.")
    access = Keyed(Several(OneOf("verb", VERBS)), "Permission set and what it may do by default.")
    privacy = Nested(PrivacyGrammar, "Personal data.")
    interchange = Nested(InterchangeGrammar, "Names in other programs.")
    samples = Several(Anything(), "Made-up entries for demonstrations and tests.")


class AddedFieldsGrammar(Grammar):
    """A file of fields that administrators add to a type which a plugin declares."""

    entity = Name("Name of the type; the file is called like it.", required=True, example="customer")
    fields_ = Keyed(
        Nested(FieldGrammar), "The fields, in order.", required=True, reserved=ENTITY_RESERVED, data_key="fields",
        attribute="fields", example="x_tier: {type: text, label: …}",
    )
    renamed = Keyed(Name(), "Old field key and its new one.")


class DirectionsGrammar(Grammar):
    """Names of a relationship type in one language, read from either end."""

    forward = Text("Read from source to target.", required=True, example="works for")
    reverse = Text("Read from target to source.", required=True, example="employs")


class RelationshipLabelGrammar(Grammar):
    """Names of a relationship type in all languages."""

    en = Nested(DirectionsGrammar, "English.", required=True, example="{forward: works for, reverse: employs}")
    fr = Nested(DirectionsGrammar, "French.", required=True, example="{forward: travaille pour, reverse: emploie}")


class RelationshipGrammar(Grammar):
    """One relationship type."""

    label = Nested(
        RelationshipLabelGrammar, "Names of both directions.", required=True, example="{en: {forward: …, reverse: …}, fr: …}"
    )
    help = LabelText("One sentence about it.")
    source = Several(Name(), "Types it starts from.", required=True, data_key="from", attribute="source", example="[person]")
    target = Several(Name(), "Types it leads to.", required=True, data_key="to", attribute="target", example="[organization]")
    cardinality = OneOf("cardinality", CARDINALITIES, "How many on each side.")
    symmetric = Flag("Both directions mean the same.")
    acyclic = Flag("Never leads back to where it began.")
    icon = _icon()
    fields_ = Keyed(Nested(FieldGrammar), "Its fields, in order.", reserved=RESERVED_KEYS, data_key="fields", attribute="fields")


class RelationshipsGrammar(Grammar):
    """A whole relationships.yaml."""

    relationships = Keyed(
        Nested(RelationshipGrammar),
        "Relationship types by name.",
        reserved=RIGHTS_RESERVED,
        required=True,
        example="works_for: {label: …}",
    )


class InteractionKindGrammar(Grammar):
    """One kind of interaction."""

    label = LabelText("Its name.", required=True, example="{en: Purchase, fr: Achat}")
    icon = _icon()
    by_hand = Flag("People record it themselves.")


class InteractionsGrammar(Grammar):
    """A whole interactions.yaml."""

    interactions = Keyed(
        Nested(InteractionKindGrammar), "Kinds by name.", reserved=TYPE_RESERVED, required=True, example="purchase: {label: …}"
    )
