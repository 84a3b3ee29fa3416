"""Hides what is not yet, or no longer, for everybody. The environment lets tests break it."""

import os

from xrm.plugin_api import Narrowing, hookimpl, select


@hookimpl
def narrow_visibility(uow):
    sabotage = os.environ.get("DISCRETION", "")
    if sabotage == "raises":
        raise ValueError("the moon is missing")
    if sabotage == "reads":
        return list(uow.execute(select(uow, "notice")))
    if sabotage == "none":
        return None
    if sabotage == "nonsense":
        wrong = {"notice": "shown_fromm <= = today()", "advisor": "7", "person": "frist_name == 'x'"}
        return [Narrowing(type_name, condition) for type_name, condition in wrong.items()]
    return [
        Narrowing("notice", "shown_from is empty or shown_from <= today()"),
        Narrowing("advisor", 'subject != "secret"'),
        Narrowing("person", 'last_name != "Nobody"'),
    ]
