# SPDX-License-Identifier: Apache-2.0
"""The grammar of plugin.yaml."""

from __future__ import annotations

from xrm.errors import msg
from xrm.schema.grammar.groups import Keyed, LabelText, Several
from xrm.schema.grammar.mapping import Grammar, Nested
from xrm.schema.grammar.schemas import FieldGrammar
from xrm.schema.grammar.values import Name, OneOf, Pattern, Text

RESERVED_OWNER = "x"  # owns what administrators add
# A plugin's name begins its tables, the addresses of its pages and the names of its templates: these are taken.
RESERVED_PLUGINS = frozenset(
    [RESERVED_OWNER, *"core overlay kept xrm errors forms lists macros records search panel files go pick help me in out static "
     "party department language rail api admin confirm forgot health metrics reset said second_factor shares sign_in "
     "single_sign_on tokens view welcome".split()]
)
SLOTS = tuple(
    "nav.main nav.settings home.card command list.column list.filter list.bulk list.toolbar record.badge record.highlight "
    "record.alert record.action record.tab record.panel record.timeline record.compose form.section form.hint merge.row "
    "import.source admin.page admin.health public.page".split()
)


class WorksWithGrammar(Grammar):
    """What the plugin was made for."""

    api = Text("Range of versions of the plugin contract.", required=True, example='">=1,<2"')


class AsksForGrammar(Grammar):
    """What the plugin wants to be allowed."""

    reads = Several(Text(), "Types of others it reads; * for all.")
    writes = Several(Text(), "Types of others it writes; * for all.")
    sends = Several(Text(), "Channels it sends on.")
    hosts = Several(Text(), "Hosts it calls.")
    secrets = Several(Text(), "Settings that are kept encrypted.")
    narrows = Several(Name(), "Types of others whose rows it may hide further.")
    system = Several(Name(), "Reasons for which it acts with the rights of the system.")


class ContributesGrammar(Grammar):
    """Where the plugin shows something, and what it does by itself."""

    slots = Several(OneOf("slot", SLOTS), "Named places on pages.")
    jobs = Several(Text(), "Work that it does in the background.", example="[scores]")


class ManifestGrammar(Grammar):
    """A whole plugin.yaml."""

    plugin = Name("Name of the plugin.", required=True, reserved=RESERVED_PLUGINS, example="press")
    version = Pattern(
        "Its version.",
        r"^\d+(\.\d+)*([.+-]?[a-zA-Z0-9]+)*$",
        msg('"{found}" is no version. Write for example 0.1.0.'),
        required=True,
        example="0.1.0",
    )
    label = LabelText("Its name for people.", required=True, example="{en: Press, fr: Presse}")
    summary = LabelText("One sentence about it.", required=True, example="{en: …, fr: …}")
    works_with = Nested(WorksWithGrammar, "What it was made for.", required=True, example='{api: ">=1,<2"}')
    requires = Several(Name(), "Plugins it cannot do without.")
    asks_for = Nested(AsksForGrammar, "What it wants to be allowed.")
    settings = Keyed(Nested(FieldGrammar), "What can be set, as fields.")
    contributes = Nested(ContributesGrammar, "What it adds beside types.")
