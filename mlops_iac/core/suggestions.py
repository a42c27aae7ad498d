"""Did you mean …?"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from mlops_iac.core.ordering import natural


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word closest to what was typed, or None when nothing is close."""
    matches = difflib.get_close_matches(word.lower(), sorted(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint: the nearest word, or all of them when there is none near (at most twelve)."""
    known = sorted(known, key=natural)
    match = nearest(word, known)
    if match:
        return f"did you mean `{match}`?"
    shown = ", ".join(f"`{k}`" for k in known[:12])
    return f"known here: {shown}{', …' if len(known) > 12 else ''}." if known else "nothing is known here."
