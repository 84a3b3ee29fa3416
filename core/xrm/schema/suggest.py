# SPDX-License-Identifier: Apache-2.0
"""The word that somebody probably meant: what "did you mean" offers."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from xrm.errors import Message, msg

_LISTED = 12


def closest(word: str, known: Iterable[str]) -> str:
    """The known word most like this one, or an empty text when none is near."""
    by_folded = {name.lower().replace("-", "_").replace(" ", "_"): name for name in known}
    wanted = word.lower().replace("-", "_").replace(" ", "_")
    found = difflib.get_close_matches(wanted, by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else ""


def unknown(what: str, word: str, known: Iterable[str]) -> Message:
    """The sentence for a word that is not known: what was probably meant, or what can be written; ``what`` is a noun."""
    names = list(known)
    meant = closest(word, names)
    if meant:
        return msg('Unknown {what} "{word}". Did you mean "{meant}"?', what=what, word=word, meant=meant)
    if not names:
        return msg('Unknown {what} "{word}". Nothing can be named here; remove it.', what=what, word=word)
    shown = ", ".join(names[:_LISTED]) + (" …" if len(names) > _LISTED else "")
    return msg('Unknown {what} "{word}". Write one of: {known}.', what=what, word=word, known=shown)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence to put after a message, with a blank before it: what was probably meant; empty when nothing is near."""
    meant = closest(word, known)
    return f' Did you mean "{meant}"?' if meant else ""
