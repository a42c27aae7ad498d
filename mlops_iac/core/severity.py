"""How much a broken policy weighs. On the ground floor: a company's file sets it, and policies have it."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """Lowest first."""

    ADVICE = "advice"
    """Told by `policy check` only."""
    WARNING = "warning"
    """Told by `preview` and `up` too."""
    ERROR = "error"
    """`up` refuses it before its first call."""

    @property
    def rank(self) -> int:
        return list(Severity).index(self)
