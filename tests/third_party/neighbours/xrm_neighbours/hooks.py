"""A panel that shows who else is in the same town."""

import sqlalchemy as sa

from xrm.plugin_api import Link, LinksBlock, Panel, TextBlock, hookimpl, label, select


@hookimpl
def panels(entity):
    if entity.type not in {"person", "organization"}:
        return []
    return [Panel("neighbours", label("Neighbours", "Voisinage"), build=lambda uow: neighbours(uow, entity.id), icon="map-pin")]


def neighbours(uow, party):
    here = select(uow, "contact_point", ["entity", "city"]).subquery()
    there = select(uow, "contact_point", ["entity", "city"]).subquery()
    people = select(uow, "person", ["id", "title"]).subquery()
    found = uow.execute(
        sa.select(people.c.id, people.c.title)
        .join(there, there.c.entity == people.c.id)
        .join(here, here.c.city == there.c.city)
        .where(here.c.entity == party, people.c.id != party)
        .distinct()
        .order_by(people.c.title)
        .limit(10)
    ).all()
    if not found:
        return [TextBlock(label("Nobody else here is in the same town.", "Personne d’autre ici n’est dans la même ville."))]
    return [LinksBlock(tuple(Link(row.title, entity=row.id) for row in found))]
