"""When an environment ends by itself: a length of time from the day it was first brought up, or a day."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from mlops_iac.core.durations import parse_duration
from mlops_iac.core.errors import UsageError

SHORTEST: Final = timedelta(hours=1)
LONGEST: Final = timedelta(days=730)

RULE: Final = "It is a length of time from its first `up` (`7d`, `12h`, `2w`; 1h to 730d), or a day (`2026-12-24`)."

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def check_expiry(text: str) -> str | None:
    """The rule that was broken, or None."""
    try:
        length = _length(text)
    except (UsageError, ValueError, OverflowError):
        return RULE
    return None if length is None or SHORTEST <= length <= LONGEST else RULE


def ends_at(text: str, began: datetime | None) -> datetime | None:
    """The moment, in UTC; None for a length of time of what was not brought up yet. A day ends at its midnight."""
    length = _length(text)
    if length is None:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=1)
    return began + length if began else None


def _length(text: str) -> timedelta | None:
    """None for a day. Raises UsageError and ValueError for what is neither."""
    if _DAY.fullmatch(text):
        datetime.strptime(text, "%Y-%m-%d")
        return None
    return parse_duration(text)
