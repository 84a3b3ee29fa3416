"""How recently we spoke to people, as a score."""

import sqlalchemy as sa

from xrm.plugin_api import Band, Reason, ScoreModel, ScoreRow, hookimpl, label, select


@hookimpl
def register_score_models():
    bands = (
        Band("warm", label("Warm", "Chaud"), at_least=50, tone="good"),
        Band("cold", label("Cold", "Froid"), at_least=0, tone="warn"),
    )
    return [ScoreModel("recency", label("Recency", "Récence"), "1", ("person",), compute, bands)]


def compute(uow, type_name, entities):
    people = select(uow, type_name, ["id"]).subquery()
    spoken = select(uow, "interaction_participant", ["entity", "department", "at"]).subquery()
    # What was said belongs to a department, and so does a score made of it: one row for each person and department.
    latest = (
        sa.select(people.c.id, spoken.c.department, sa.func.max(spoken.c.at).label("at"))
        .join(spoken, spoken.c.entity == people.c.id)
        .group_by(people.c.id, spoken.c.department)
    )
    if entities is not None:
        latest = latest.where(people.c.id.in_(entities))
    for row in uow.execute(latest):
        days = max((uow.now - row.at).days, 0)
        said = label(f"The last contact was {days} days ago.", f"Le dernier échange date de {days} jours.")
        reason = Reason(said, weight=-days)
        yield ScoreRow(row.id, max(100 - days, 0), (reason,), department=row.department)
