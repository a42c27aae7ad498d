"""Lengths of time as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mlops_iac.core.durations import parse_duration
from mlops_iac.core.errors import UsageError


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30m", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        ("1d", timedelta(days=1)),
        ("2w", timedelta(weeks=2)),
        ("1d12h", timedelta(hours=36)),
        ("90s", timedelta(seconds=90)),
    ],
)
def test_a_duration_is_read(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "1", "d", "0d", "-1d", "1.5d", "1h1d", "1d 2h", "1y", "1" * 40 + "d", "²d", "1d\n"]
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="Not a duration"):
        parse_duration(text)
