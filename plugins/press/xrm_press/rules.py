# SPDX-License-Identifier: Apache-2.0
"""What releases and coverage must satisfy to be written."""

from __future__ import annotations

from collections.abc import Sequence

from xrm.plugin_api import EntityChange, Message, Refusal, UnitOfWork, label, msg


def refusals(uow: UnitOfWork, changes: Sequence[EntityChange]) -> list[Refusal]:
    """Why some of these changes must not be made; only what changed is judged."""
    found: list[Refusal] = []
    for change in changes:
        if change.type == "coverage":
            found += _of_coverage(uow, change)
        elif change.type == "release":
            found += _of_release(uow, change)
    return found


def _of_coverage(uow: UnitOfWork, change: EntityChange) -> list[Refusal]:
    published = (change.after or {}).get("published_on")
    if published is None or published <= uow.today or not _changes(change, "published_on"):
        return []
    text = _say("Coverage cannot lie in the future. Give the day it came out.",
                "Une retombée ne peut pas être future. Indiquez le jour de parution.")
    return [Refusal(change, text, "published_on")]


def _of_release(uow: UnitOfWork, change: EntityChange) -> list[Refusal]:
    after = change.after or {}
    has_text = bool(after.get("body") or after.get("summary"))
    found = []
    if after.get("stage") == "sent" and not has_text and _changes(change, "stage"):
        text = _say("A release that is sent needs a text. Write its summary or body.",
                    "Un communiqué diffusé doit avoir un texte. Rédigez son chapeau ou son texte.")
        found.append(Refusal(change, text, "summary"))
    embargo = after.get("embargo_until")
    if embargo is not None and embargo <= uow.now and _changes(change, "embargo_until") and after.get("stage") != "sent":
        text = _say("This embargo is over already. Choose a later moment, or leave it empty.",
                    "Cet embargo est déjà levé. Choisissez un moment à venir, ou laissez vide.")
        found.append(Refusal(change, text, "embargo_until"))
    return found


def _changes(change: EntityChange, key: str) -> bool:
    return change.before is None or change.before.get(key) != (change.after or {}).get(key)


def _say(english: str, french: str) -> Message:
    return msg("{text}", text=label(english, french))
