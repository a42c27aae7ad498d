"""When an environment ends by itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mlops_iac.core.expiry import check_expiry, ends_at

BEGAN = datetime(2026, 11, 21, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("7d", datetime(2026, 11, 28, 8, 15, tzinfo=UTC)),
        ("12h", datetime(2026, 11, 21, 20, 15, tzinfo=UTC)),
        ("1w1d", datetime(2026, 11, 29, 8, 15, tzinfo=UTC)),
        ("2026-12-24", datetime(2026, 12, 25, tzinfo=UTC)),
    ],
)
def test_it_ends_so_long_after_its_first_up_or_with_a_day(text: str, ends: datetime):
    assert check_expiry(text) is None
    assert ends_at(text, BEGAN) == ends


def test_what_was_never_up_has_no_end_yet_unless_it_is_a_day():
    assert ends_at("7d", None) is None
    assert ends_at("2026-12-24", None) == datetime(2026, 12, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["yesterday", "", "7", "-7d", "0d", "10m", "731d", "999999w", "2026-13-01", "2026-02-30", "24.12.2026"]
)
def test_anything_else_is_refused(text: str):
    assert "length of time" in str(check_expiry(text))
