"""Lengths of time as people write them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from mlops_iac.core.errors import UsageError

UNITS: Final = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
MOST_DIGITS: Final = 6
_FORM: Final = re.compile(r"(?=.)" + "".join(rf"((?P<{unit}>[0-9]{{1,{MOST_DIGITS}}}){unit})?" for unit in UNITS))


def parse_duration(text: str) -> timedelta:
    """``30m``, ``12h``, ``1d``, ``2w``, ``1d12h``; more than nothing. Raises UsageError."""
    found = _FORM.fullmatch(text)
    length = timedelta(
        **{UNITS[unit]: int(count) for unit, count in found.groupdict().items() if count} if found else {}
    )
    if not length:
        detail = (
            f"`{text}` is no length of time; one looks like 30m, 12h, 1d, 2w or 1d12h, with numbers of "
            f"{MOST_DIGITS} digits at most."
        )
        raise UsageError("Not a duration.", detail, hint="write numbers with w, d, h, m or s, the longest first.")
    return length
