# SPDX-License-Identifier: Apache-2.0
"""A plugin of a stranger with one type of each kind and hooks of each sort, as texts of its files."""

from __future__ import annotations

WORD = "zanzibar"
LABEL = "{en: {one: hive, many: hives}, fr: {one: ruche, many: ruches, gender: f}}"
FILES = {
    "plugin.yaml": """
plugin: apiary
version: 1.2.3
label: {en: Apiary, fr: Rucher}
summary: {en: Hives and who tends them., fr: Les ruches et qui les soigne.}
works_with: {api: ">=1,<2"}
requires: [base]
asks_for: {reads: [person]}
""",
    "entities/hive.yaml": f"""
entity: hive
kind: record
label: {LABEL}
title: "{{name}}"
fields:
  name: {{type: text, required: true, search: strong, label: {{en: Name, fr: Nom}}}}
  keeper: {{type: link, to: [person], if_gone: clear, label: {{en: Keeper, fr: Apiculteur}}}}
""",
    "entities/beekeeper.yaml": f"""
entity: beekeeper
kind: role
of: [person]
label: {LABEL}
fields:
  licence: {{type: text, search: strong, label: {{en: Licence, fr: Licence}}}}
""",
    "relationships.yaml": """
relationships:
  tends:
    label:
      en: {forward: tends, reverse: is tended by}
      fr: {forward: soigne, reverse: est soigné par}
    from: [person]
    to: [hive, person]
""",
    "interactions.yaml": """
interactions:
  inspection: {label: {en: Inspection, fr: Inspection}, icon: eye, by_hand: true}
""",
}
HOOKS = """
from xrm.plugin_api import Band, Reason, ScoreModel, ScoreRow, label, select

@hookimpl
def panels(uow, entity):
    return [Panel("honey", "Honey")]

@hookimpl
def actions(uow, entity):
    return [Action("smoke", "Smoke", link=Link("x", url="/x"))]

@hookimpl
def menu_items(uow):
    return [MenuItem("hives", Link("Hives", url="/x"))]

@hookimpl
def dashboard_cards(uow):
    return [Card("swarm", "Swarm")]

@hookimpl
def validate_entities(uow, changes):
    return [Refusal(one, msg("The bees say no.")) for one in changes if (one.after or {}).get("last_name") == "Wasp"]

@hookimpl
def register_score_models():
    return [ScoreModel("stings", label("Stings", "Piqûres"), "1", ("person",), stings, (Band("some", label("a", "b"), 0),))]

def stings(uow, type_name, entities):
    for row in uow.execute(select(uow, type_name, ["id", "department"])):
        yield ScoreRow(row.id, 3, (Reason(label("zanzibar", "zanzibar"), 3),), department=row.department)
"""
