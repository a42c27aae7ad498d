"""Plain scalars mean what YAML 1.2 says; what readers differ about is refused."""

from __future__ import annotations

import pytest

from mlops_iac.config.scalars import AmbiguousNumber, parse_plain


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("", None),
        ("~", None),
        ("null", None),
        ("0", 0),
        ("-17", -17),
        ("0.97", 0.97),
        ("1.10", 1.1),
        (".5", 0.5),
        ("1e-3", 0.001),
        ("999999999999999999", 999999999999999999),
        ("1.4-2", "1.4-2"),
        ("yes", "yes"),
        ("on", "on"),
        ("2026-01-01", "2026-01-01"),
        ("12:30:45", "12:30:45"),
        ("1.2.3", "1.2.3"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("-", "-"),
        ("1e", "1e"),
    ],
)
def test_a_scalar_means_what_it_looks_like(text, value):
    parsed = parse_plain(text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    "text", ["0123", "-007", "0x1F", "0o17", "0b1", "1_000", ".inf", "-.Inf", ".nan", "9" * 5000, "1e999", "1" * 19]
)
def test_a_number_that_readers_read_differently_is_refused(text):
    with pytest.raises(AmbiguousNumber):
        parse_plain(text)
